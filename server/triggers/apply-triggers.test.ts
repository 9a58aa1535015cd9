import { describe, expect, it } from 'vitest';
import { digestOfJson } from '../../ir/digest.ts';
import type { DeclaredTrigger } from '../../ir/trigger.ts';
import { MetadataError } from '../../store/metadata/metadata-store.ts';
import type { TriggerTable } from '../../store/metadata/trigger-table.ts';
import { signatureOf } from '../http/standard-webhooks.ts';
import type { ServerContext } from '../server-context.ts';
import { samplePipeline } from '../testing/sample-pipeline.suite.ts';
import { applyTriggers } from './apply-triggers.ts';
import { fireEvents } from './fire-events.ts';
import { context, create, endRun, now, outcomes, server, upstream, useTriggers } from './triggers.suite.ts';

useTriggers();

const chain: DeclaredTrigger = {
  ...{ name: 'chain', paused: false, note: null },
  on: { kind: 'runEnded', pipeline: 'upstream', statuses: ['succeeded'] },
  ...{ where: null, bind: { source: ['run'] }, partition: null, params: { rows: 3 } },
};
const hook: DeclaredTrigger = {
  ...{ ...chain, name: 'hook', bind: { source: ['body', 'file'] } },
  on: { kind: 'webhook', body: { type: 'object', properties: { file: { type: 'string' } }, required: ['file'] } },
};

/** Submits a version with these in its file, and applies them. */
async function apply(triggers: readonly DeclaredTrigger[], { latest = false, prune = false } = {}) {
  const version = await submit(triggers);
  const { items } = await server.client.applyTriggers({ pipeline: 'declaring', version, latest, prune });
  return { version, items, changes: items.map(({ trigger, change }) => [trigger.name, change]) };
}

async function submit(triggers: readonly DeclaredTrigger[]): Promise<number> {
  const { compiled, blobs } = samplePipeline('declaring');
  for (const [digest, bytes] of blobs) await server.client.putBlob(digest, bytes);
  const ir = { ...compiled.ir, ...(triggers.length === 0 ? {} : { triggers }) };
  return (await server.client.addPipeline({ ...compiled, ir, irDigest: digestOfJson(ir) })).version;
}

/** As a store whose triggers behave otherwise. */
function storing(changes: Partial<TriggerTable>): ServerContext {
  const { metadata } = context;
  return { ...context, metadata: { ...metadata, triggers: { ...metadata.triggers, ...changes } } };
}

/** Where somebody does this after the triggers were read. */
function overtakenBy(act: () => Promise<unknown>): ServerContext {
  const { list } = context.metadata.triggers;
  const listed = async () => {
    const all = await list();
    await act();
    return all;
  };
  return storing({ list: listed });
}

describe('triggers of a file', () => {
  it('are made, changed and, where that is asked for, deleted by being applied; those by hand are left alone', async () => {
    await create('by-hand', upstream);
    const first = await apply([chain, hook]);
    expect(first.changes).toEqual([
      ['chain', 'created'],
      ['hook', 'created'],
    ]);
    expect(first.items.map(({ secret }) => secret)).toEqual([null, expect.stringMatching(/^whsec_/)]);
    expect((await apply([chain, hook])).changes).toEqual([
      ['chain', 'unchanged'],
      ['hook', 'unchanged'],
    ]);
    const second = await apply([{ ...chain, params: { rows: 4 } }]);
    expect(second.changes).toEqual([
      ['chain', 'updated'],
      ['hook', 'left'],
    ]);
    expect((await server.client.trigger('chain')).trigger).toMatchObject({
      ...{ version: second.version, params: { rows: 4 }, generation: 2 },
    });
    expect((await apply([], { prune: true })).changes).toEqual([
      ['chain', 'deleted'],
      ['hook', 'deleted'],
    ]);
    expect((await server.client.triggers()).items.map(({ trigger }) => trigger.name)).toEqual(['by-hand']);
    expect((await server.client.triggerChanges('by-hand')).items).toHaveLength(1);
  });

  it('start the version that they are in, or the newest', async () => {
    const first = await apply([chain]);
    await endRun('u1');
    await fireEvents(context);
    expect((await server.client.runs({ pipeline: 'declaring' })).items).toMatchObject([
      { pipelineVersion: first.version, params: { source: 'u1', rows: 3 } },
    ]);
    expect((await apply([chain], { latest: true })).changes).toEqual([['chain', 'updated']]);
    expect((await server.client.trigger('chain')).trigger.version).toBeNull();
  });

  it('keep what they have seen, whether they are paused, and why', async () => {
    await apply([chain]);
    await endRun('u1');
    await server.client.pauseTrigger('chain', 'pause', 'until Monday');
    await apply([{ ...chain, note: 'as the file says', params: { rows: 4 } }]);
    const { trigger } = await server.client.trigger('chain');
    expect(trigger).toMatchObject({ paused: true, note: 'until Monday', spec: { watched: 1, since: 0 } });
    await server.client.pauseTrigger('chain', 'unpause', null);
    await fireEvents(context);
    expect(await outcomes('chain')).toEqual(['started']);
  });

  it('are applied whole or not at all', async () => {
    await create('taken', upstream);
    const taken = apply([chain, { ...chain, name: 'taken' }]);
    await expect(taken).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('taken was made by hand'),
    });
    const wrong = apply([chain, { ...chain, name: 'wrong', bind: {} }]);
    await expect(wrong).rejects.toThrow('source');
    expect((await server.client.triggers()).items.map(({ trigger }) => trigger.name)).toEqual(['taken']);
  });

  it('that cannot be written keep none of the others, nor their secrets', async () => {
    const version = await submit([hook, chain, { ...chain, name: 'last' }]);
    const { set } = context.metadata.triggers;
    const full = storing({
      set: async (trigger, ...more) => {
        if (trigger.name === 'chain') throw new MetadataError('noSpace', 'The disk is full.');
        return set(trigger, ...more);
      },
    });
    const order = { pipeline: 'declaring', version, latest: false, prune: false };
    const applied = await applyTriggers(full, order);
    expect(applied.items.map(({ trigger, secret }) => [trigger.name, secret])).toEqual([
      ['hook', expect.stringMatching(/^whsec_/)],
      ['last', null],
    ]);
    expect(applied.failures).toEqual([{ trigger: 'chain', message: 'The disk is full.', next: null }]);
    const again = await applyTriggers(context, order);
    expect(again.items.map(({ change }) => change)).toEqual(['unchanged', 'created', 'unchanged']);
  });

  it('that somebody deletes meanwhile are deleted', async () => {
    await apply([chain]);
    const version = await submit([]);
    const overtaken = overtakenBy(() => server.client.removeTrigger('chain'));
    const applied = await applyTriggers(overtaken, { pipeline: 'declaring', version, latest: false, prune: true });
    expect(applied).toMatchObject({ items: [{ change: 'deleted', trigger: { name: 'chain' } }], failures: [] });
  });

  it('are not deleted where somebody else has made another of the name meanwhile', async () => {
    await apply([hook]);
    const version = await submit([]);
    const overtaken = overtakenBy(async () => {
      await server.client.removeTrigger('hook');
      await create('hook', upstream);
    });
    const applied = await applyTriggers(overtaken, { pipeline: 'declaring', version, latest: false, prune: true });
    expect(applied).toMatchObject({ items: [], failures: [{ trigger: 'hook' }] });
    expect((await server.client.trigger('hook')).trigger.spec.declared).toBe(false);
  });

  it('are told apart from those in another pipeline’s file', async () => {
    await apply([chain]);
    const { compiled } = samplePipeline('other');
    const ir = { ...compiled.ir, triggers: [chain] };
    const { version } = await server.client.addPipeline({ ...compiled, ir, irDigest: digestOfJson(ir) });
    const applied = server.client.applyTriggers({ pipeline: 'other', version, latest: false, prune: false });
    await expect(applied).rejects.toThrow('is in the file of pipeline declaring');
  });

  it('take deliveries whose bodies fit', async () => {
    const [, made] = (await apply([chain, hook])).items;
    const deliver = async (id: string, body: string) => {
      const timestamp = `${Math.floor(now / 1_000)}`;
      const signature = signatureOf(made?.secret ?? '', { id, timestamp, body: Buffer.from(body) });
      const headers = {
        ...{ 'content-type': 'application/json', 'webhook-id': id },
        ...{ 'webhook-timestamp': timestamp, 'webhook-signature': signature },
      };
      return fetch(`${server.url}/api/v1/projects/default/triggers/hook/deliveries`, { method: 'POST', headers, body });
    };
    expect((await deliver('d1', '{"file":"a.csv"}')).status).toBe(202);
    const refused = await deliver('d2', '{"file":3}');
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('file: has to be')]);
    await fireEvents(context);
    expect((await server.client.runs({ pipeline: 'declaring' })).items).toMatchObject([
      { params: { source: 'a.csv' } },
    ]);
  });
});
