import { randomBytes } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ArtifactError } from '../../store/artifacts/artifact-store.ts';
import { worker } from '../../store/metadata/worker-table.suite.ts';
import { signatureOf } from '../http/standard-webhooks.ts';
import type { CreateTrigger, Delivered } from '../schemas/trigger.ts';
import { fireEvents } from './fire-events.ts';
import { waitingPasses } from './fire-waiting.ts';
import { startTriggeredRun } from './start-triggered-run.ts';
import {
  add,
  addLarge,
  context,
  create,
  endRun,
  kinds,
  NOW,
  now,
  outcomes,
  server,
  setNow,
  temporal,
  upstream,
  useTriggers,
} from './triggers.suite.ts';

useTriggers();

const fitsNobody = () =>
  server.stores.metadata.workers.heartbeat({ ...worker('small', now + 3_600_000), externals: {} });

/** The compiled pipeline that asks for much, by hand: its version stays. */
async function loseCompiled() {
  const version = await server.stores.metadata.pipelines.get('large', 'latest');
  const folder = join(server.home, 'artifacts');
  const [, hex = ''] = version?.compiledDigest.split(':') ?? [];
  const path = (await readdir(folder, { recursive: true })).find((each) => each.endsWith(hex.slice(2)));
  await rm(join(folder, path ?? 'none'));
}

describe('a trigger', () => {
  it('starts one run for an event, with what is bound, for the event’s time', async () => {
    await create('chain', upstream, { params: {}, bind: { source: 'event.run' } });
    await endRun('u1');
    await endRun('other', 'failed');
    await fireEvents(context);
    await fireEvents(context);
    const { items } = await server.client.firings('chain');
    expect(items).toMatchObject([
      { outcome: 'started', kind: 'runEnded', key: expect.stringMatching(/^runEnded:u1:/) },
    ]);
    const { run } = await server.client.run(items[0]?.runId ?? '');
    expect(run).toMatchObject({ pipeline: 'downstream', params: { source: 'u1', rows: 10 }, submittedBy: 'ada' });
    expect(run.logicalTime).toBe('2026-02-03T10:00:00Z');
    expect(temporal.started.size).toBe(1);
  });

  it('starts one run though the server was lost before that was written down, and another version came', async () => {
    const { trigger } = await create('chain', upstream);
    await endRun('u1');
    const [event] = (await server.stores.metadata.events.after(0, 100)).slice(-1);
    if (event === undefined) throw new Error('no event');
    const runId = await startTriggeredRun(context, trigger, event);
    await add('downstream', null, 'exports.default = 2;');
    await fireEvents(context);
    expect((await server.client.firings('chain')).items).toMatchObject([{ outcome: 'started', runId }]);
    expect(temporal.started.size).toBe(1);
  });

  it('starts one run of two servers that take the event at once', async () => {
    await create('chain', upstream);
    await endRun('u1');
    await Promise.all([fireEvents(context), fireEvents({ ...context })]);
    expect([await outcomes('chain'), temporal.started.size]).toEqual([['started'], 1]);
  });

  it('waits for Temporal, and loses nothing meanwhile', async () => {
    await create('chain', upstream);
    await endRun('u1');
    temporal.away = 'onStart';
    await expect(fireEvents(context)).rejects.toThrow('does not answer');
    temporal.away = 'no';
    await fireEvents(context);
    expect([await outcomes('chain'), temporal.started.size]).toEqual([['started'], 1]);
  });

  it('starts a run that has its row though the trigger was paused in between', async () => {
    const { trigger } = await create('chain', upstream);
    await endRun('u1');
    temporal.away = 'onStart';
    await expect(fireEvents(context)).rejects.toThrow('does not answer');
    await server.client.pauseTrigger('chain', 'pause', null);
    await server.client.updateTrigger('chain', { generation: trigger.generation + 1, where: 'isNull(event.run)' });
    temporal.away = 'no';
    await fireEvents(context);
    expect([await outcomes('chain'), temporal.started.size]).toEqual([['started'], 1]);
  });

  it('leaves a run that was cancelled before it began as it is', async () => {
    await create('chain', upstream);
    await endRun('u1');
    temporal.away = 'onStart';
    await expect(fireEvents(context)).rejects.toThrow('does not answer');
    const [pending] = (await server.client.runs({ pipeline: 'downstream' })).items;
    await server.stores.metadata.runs.end(pending?.id ?? '', {
      status: 'cancelled',
      output: null,
      error: null,
      at: now,
    });
    temporal.away = 'no';
    await fireEvents(context);
    expect((await server.client.firings('chain')).items).toMatchObject([{ outcome: 'started', runId: pending?.id }]);
    expect(temporal.started.size).toBe(0);
  });

  it('waits for a store that fails', async () => {
    await create('chain', upstream);
    await endRun('u1');
    const getBlob = () => Promise.reject(new ArtifactError('unavailable', 'The bucket does not answer.'));
    const blind = { ...context, artifacts: { ...context.artifacts, getBlob } };
    await expect(fireEvents(blind)).rejects.toThrow('The bucket does not answer.');
    expect(await outcomes('chain')).toEqual([]);
    await fireEvents(context);
    expect(await outcomes('chain')).toEqual(['started']);
  });

  it.each([
    ['a worker that fits', 'large', fitsNobody],
    ['its pipeline in the artifact store', 'it was removed', loseCompiled],
  ])('waits ten minutes for %s, keeps no other waiting, and says so', async (_, why, breakIt) => {
    await addLarge('large');
    await create('stuck', upstream, { pipeline: 'large' });
    await create('chain', upstream);
    await breakIt();
    for (const run of ['u1', 'u2']) await endRun(run);
    await fireEvents(context);
    expect([await outcomes('stuck'), await outcomes('chain')]).toEqual([
      ['waiting', 'waiting'],
      ['started', 'started'],
    ]);
    expect((await server.client.firings('stuck')).items[0]?.reason).toContain(why);
    const tryWaiting = waitingPasses(context);
    setNow(now + 10 * 60_000 - 1);
    await tryWaiting();
    expect(await outcomes('stuck')).toEqual(['waiting', 'waiting']);
    setNow(now + 1);
    await tryWaiting();
    expect(await outcomes('stuck')).toEqual(['refused', 'refused']);
    expect((await server.client.firings('stuck')).items[0]?.reason).toContain(why);
  });

  it('waits ten minutes anew when the server was down, or Temporal away', async () => {
    await addLarge('large');
    await create('stuck', upstream, { pipeline: 'large' });
    await fitsNobody();
    await endRun('u1');
    await fireEvents(context);
    setNow(now + 20 * 60_000);
    const tryWaiting = waitingPasses(context);
    await tryWaiting();
    expect(await outcomes('stuck')).toEqual(['waiting']);
    setNow(now + 9 * 60_000);
    temporal.away = 'yes';
    await expect(tryWaiting()).rejects.toThrow('does not answer');
    temporal.away = 'no';
    setNow(now + 10 * 60_000 - 1);
    await tryWaiting();
    expect(await outcomes('stuck')).toEqual(['waiting']);
    setNow(now + 1);
    await tryWaiting();
    expect(await outcomes('stuck')).toEqual(['refused']);
  });

  it('starts what waited when it can, or says why not', async () => {
    await addLarge('large');
    for (const name of ['one', 'two']) await create(name, upstream, { pipeline: 'large' });
    await fitsNobody();
    await endRun('u1');
    await fireEvents(context);
    await server.client.removeTrigger('two');
    await server.stores.metadata.workers.remove('small');
    for (const _ of [1, 2]) await waitingPasses(context)();
    expect([await outcomes('one'), temporal.started.size]).toEqual([['started'], 1]);
    expect((await server.client.firings('two')).items).toMatchObject([
      { outcome: 'refused', reason: expect.stringContaining('was deleted') },
    ]);
  });

  it('says what it did not start, and why, and stops no other', async () => {
    await create('picky', upstream, { where: "eq(event.partition, 'day')" });
    await create('odd', upstream, { where: 'gt(event.partition, 3)' });
    await create('resting', upstream, { paused: true, note: 'until Monday' });
    await create('chain', upstream);
    await endRun('u1');
    await endRun('u2', 'succeeded', 'day');
    await fireEvents(context);
    expect(await outcomes('picky')).toEqual(['filtered', 'started']);
    expect((await server.client.firings('odd')).items.at(-1)).toMatchObject({
      ...{ outcome: 'refused', reason: expect.stringContaining('needs two numbers or two texts') },
    });
    expect((await server.client.firings('resting')).items[0]).toMatchObject({
      ...{ outcome: 'paused', reason: 'until Monday', runId: null },
    });
    expect(await outcomes('chain')).toEqual(['started', 'started']);
  });

  it('takes nothing that happened before it was made', async () => {
    await endRun('u1');
    await create('chain', upstream);
    await fireEvents(context);
    expect(await outcomes('chain')).toEqual([]);
  });

  it.each<[Partial<CreateTrigger>, RegExp]>([
    [
      { where: "eq(event.state, 'x')" },
      /names event.state, which an event runEnded does not have; did you mean event.status/,
    ],
    [{ where: 'eq(event.run.id, 1)' }, /event.run has no parts/],
    [{ where: 'sometimes' }, /has a condition that has 'sometimes' where/],
    [{ where: '{"kind":"isNull","value":{"kind":"run","field":"id"}}' }, /stands in pipelines only/],
    [{ bind: { sauce: 'event.run' } }, /gives sauce, which downstream does not take/],
    [{ bind: { source: 'run' } }, /which has to be event\./],
    [{ bind: { source: 'event.run' } }, /gives source twice/],
    [{ params: {} }, /source/],
    [{ partition: 'event.partition' }, /which has none/],
    [{ pipeline: 'by-day', on: { kind: 'webhook' } }, /say where it stands by partition, as event\.body\.day/],
    [{ pipeline: 'upstream' }, /Project default has no pipeline upstream/],
    [{ on: { kind: 'partitionArrived', path: '/x/{partition}' } }, /its pipeline has none/],
    [{ on: { kind: 'stale', pipeline: 'upstream', olderThan: 'long' } }, /no length of time/],
  ])('is refused with %j', async (changes, said) => {
    await expect(create('chain', upstream, changes)).rejects.toThrow(said);
  });

  it('is refused where pipelines would start one another without end', async () => {
    await add('upstream');
    await create('chain', upstream);
    const back = create('back', { kind: 'runEnded', pipeline: 'downstream' }, { pipeline: 'upstream' });
    await expect(back).rejects.toThrow('without end: upstream → downstream → upstream');
  });

  it('starts nothing beyond twenty runs in a row, when a circle was not seen', async () => {
    await create('round', { kind: 'versionAdded', model: 'm' }, { params: {}, bind: { source: 'event.run' } });
    const { events } = server.stores.metadata;
    const add = (version: number, run: string | null) =>
      events.append(`v${version}`, { kind: 'versionAdded', model: 'm', version, run, by: 'ada' }, now);
    await add(0, 'by-hand');
    await fireEvents(context);
    for (let version = 1; version <= 20; version++) {
      await add(version, (await server.client.firings('round')).items[0]?.runId ?? null);
      await fireEvents(context);
    }
    const [last, ...before] = (await server.client.firings('round')).items;
    expect(before.map(({ outcome, depth }) => [outcome, depth])).toEqual(
      Array.from({ length: 20 }, (_, index) => ['started', 20 - index]),
    );
    expect(last).toMatchObject({ outcome: 'refused', depth: 21, reason: expect.stringContaining('run 21 in a row') });
  });

  it('keeps what it has seen through a change of something else', async () => {
    const { trigger } = await create('chain', upstream, { where: 'isNull(event.error)' });
    await endRun('u1');
    await fireEvents(context);
    const updated = await server.client.updateTrigger('chain', { generation: trigger.generation, note: 'why' });
    expect(updated.trigger.spec).toEqual(trigger.spec);
    const late = server.client.updateTrigger('chain', { generation: trigger.generation, note: 'late' });
    await expect(late).rejects.toMatchObject({ code: 'conflict' });
    expect((await server.client.triggerChanges('chain')).items.map(({ change }) => change)).toEqual([
      'updated',
      'created',
    ]);
  });
});

describe('a webhook', () => {
  const body = JSON.stringify({ day: '2026-02-01', rows: [1] });
  async function deliver(secret: string, changes: { id?: string; at?: number; body?: string; sign?: string } = {}) {
    const { id = 'd1', at = now, body: sent = body, sign } = changes;
    const timestamp = `${Math.floor(at / 1_000)}`;
    const signature = sign ?? signatureOf(secret, { id, timestamp, body: Buffer.from(sent) });
    return fetch(`${server.url}/api/v1/projects/default/triggers/hook/deliveries`, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/json', 'webhook-id': id },
        ...{ 'webhook-timestamp': timestamp, 'webhook-signature': signature },
      },
      body: sent,
    });
  }
  const answerOf = async (answer: Response) => ({ status: answer.status, text: await answer.text() });
  const hook = async () => {
    const bound = { pipeline: 'by-day', partition: 'event.body.day', where: 'eq(event.body.rows.0, 1)' };
    return (await create('hook', { kind: 'webhook' }, bound)).secret ?? '';
  };

  it('starts one run for a delivery that comes twice, of the partition that it names', async () => {
    const secret = await hook();
    const first = await deliver(secret);
    expect(first.status).toBe(202);
    const told = (await first.json()) as Delivered;
    expect(await (await deliver(secret)).json()).toEqual({ ...told, duplicate: true });
    await fireEvents(context);
    expect(await server.client.run(told.runId)).toMatchObject({ run: { partition: '2026-02-01' } });
    expect(temporal.started.size).toBe(1);
  });

  it.each([
    ['badly signed', { sign: 'v1,AAAA' }, 401],
    ['of another secret', { sign: 'v1,'.padEnd(47, 'A') }, 401],
    ['too old', { at: NOW - 301_000 }, 401],
    ['from the future', { at: NOW + 301_000 }, 401],
    ['not JSON', { body: '{' }, 400],
    ['a list', { body: '[]' }, 400],
    ['too large', { body: JSON.stringify({ text: 'x'.repeat(70_000) }) }, 413],
  ])('refuses what is %s', async (_, changes, status) => {
    const secret = await hook();
    expect((await deliver(secret, changes)).status).toBe(status);
    expect(await kinds()).toEqual([]);
  });

  it('tells its secret once', async () => {
    const secret = await hook();
    expect(secret).toMatch(/^whsec_/);
    const told = [await server.client.triggers(), await server.client.trigger('hook')];
    const changes = await server.client.triggerChanges('hook');
    expect(JSON.stringify([told, changes])).not.toContain(secret.slice(6));
  });

  it('whose secret was deleted takes nothing, and can be deleted', async () => {
    const secret = await hook();
    await server.stores.storedSecrets.delete('trigger.hook', 'ada');
    expect((await deliver(secret)).status).toBe(401);
    await server.client.removeTrigger('hook');
    expect((await server.client.triggers()).items).toEqual([]);
    expect(await hook()).toMatch(/^whsec_/);
  });

  it('answers who cannot sign as a trigger of another kind does, and as a name that none has', async () => {
    const answers = async () => [
      await answerOf(await deliver('whsec_AAAA')),
      await answerOf(await deliver('whsec_AAAA', { id: '' })),
      await answerOf(await deliver('whsec_AAAA', { body: '{' })),
      await answerOf(await deliver('', { sign: '' })),
    ];
    const unknown = await answers();
    expect(new Set(unknown.map(({ status }) => status))).toEqual(new Set([401]));
    await create('hook', upstream);
    expect(await answers()).toEqual(unknown);
    await server.client.removeTrigger('hook');
    const secret = await hook();
    expect(await answers()).toEqual(unknown);
    // Its secret is sealed with a key that the API has no more.
    await writeFile(join(server.home, 'secrets.key'), randomBytes(32).toString('base64'));
    expect(await answers()).toEqual(unknown);
    expect(await answerOf(await deliver(secret))).toEqual(unknown[0]);
  });
});

describe('the list of triggers', () => {
  it('comes by pages, by name', async () => {
    for (const name of ['b', 'c', 'a']) await create(name, upstream);
    const names = ({ items }: Awaited<ReturnType<typeof server.client.triggers>>) =>
      items.map(({ trigger }) => trigger.name);
    const first = await server.client.triggers({ limit: 2 });
    const last = await server.client.triggers({ limit: 2, cursor: first.cursor ?? '' });
    expect([names(first), names(last), last.cursor]).toEqual([['a', 'b'], ['c'], null]);
  });
});

describe('a trigger that was deleted', () => {
  it('keeps its history, and a name that none ever had has none', async () => {
    await create('chain', upstream);
    await server.client.removeTrigger('chain');
    expect([(await server.client.firings('chain')).items, (await server.client.triggerChanges('chain')).items]).toEqual(
      [[], [expect.objectContaining({ change: 'deleted' }), expect.objectContaining({ change: 'created' })]],
    );
    const none = { code: 'notFound', message: expect.stringContaining('no trigger nope') };
    await expect(server.client.firings('nope')).rejects.toMatchObject(none);
    await expect(server.client.triggerChanges('nope')).rejects.toMatchObject(none);
  });
});
