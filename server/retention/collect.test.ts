import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfBytes } from '../../ir/digest.ts';
import type { TaskStatus } from '../../ir/protocol/transition.ts';
import { newRun } from '../../store/metadata/run-table.suite.ts';
import { transition } from '../../store/metadata/task-table.suite.ts';
import { openStores, type Stores } from '../../store/open-stores.ts';
import type { ServerContext } from '../server-context.ts';
import { FakeTemporal } from '../testing/fake-temporal.suite.ts';
import { samplePipeline } from '../testing/sample-pipeline.suite.ts';
import { type CollectionOrder, collect, GRACE_MS } from './collect.ts';
import { readPolicy } from './read-policy.ts';

const HOUR = 60 * 60 * 1_000;

describe('a collection', () => {
  let home: string;
  let stores: Stores;
  let temporal: FakeTemporal;
  /** Milliseconds that the collector's clock is ahead of what is written. */
  let ahead: number;
  let context: ServerContext;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'millrace-collect-'));
    stores = await openStores({ home, project: 'default' });
    temporal = new FakeTemporal();
    ahead = 0;
    const log = pino({ level: 'silent' });
    context = { ...stores, project: 'default', temporal, user: 'ada', log, now: () => Date.now() + ahead };
  });
  afterEach(async () => {
    await stores.close();
    await rm(home, { recursive: true, force: true });
  });

  const put = async (text: string) => {
    await writeFile(join(home, `source ${text}`), text);
    return stores.artifacts.put('dataset', join(home, `source ${text}`), {});
  };
  const run = async (id: string, texts: readonly string[], changes: Parameters<typeof newRun>[1] = {}) => {
    await stores.metadata.runs.create(newRun(id, { params: {}, ...changes }));
    await stores.metadata.runs.start(id, Date.now());
    return Promise.all(texts.map((text) => makes(id, text)));
  };
  const makes = async (id: string, text: string, status: TaskStatus = 'succeeded') => {
    const output = await put(text);
    await stores.metadata.tasks.record(id, [transition(text, 1, { status, output })]);
    return output;
  };
  const end = (id: string) =>
    stores.metadata.runs.end(id, { status: 'succeeded', output: null, error: null, at: Date.now() });
  const pass = (texts: Parameters<typeof readPolicy>[0] = {}, more: Partial<CollectionOrder> = {}) =>
    collect(context, { policy: readPolicy(texts), pipeline: null, graceMs: GRACE_MS, dryRun: false, ...more });
  /** As often as it takes until all that may go is gone. */
  const passes = async (texts: Parameters<typeof readPolicy>[0] = {}) => {
    for (let day = 0; day < 4; day++) {
      ahead += GRACE_MS + HOUR;
      await pass(texts);
    }
  };
  const goneFrom = ({ content }: Awaited<ReturnType<typeof pass>>) =>
    Object.fromEntries(content.map(({ family, gone }) => [family, gone.count]));

  it('takes what nothing refers to, a grace after it was seen, and leaves what a run has', async () => {
    const [kept] = await run('r', ['kept']);
    await end('r');
    const orphan = await put('orphan');
    ahead = 2 * GRACE_MS;
    expect((await pass()).content).toContainEqual({
      ...{ family: 'files', gone: { count: 0, bytes: 0 }, condemned: { count: 1, bytes: 6 } },
    });
    expect(await stores.artifacts.exists(orphan)).toBe(true);
    // That was asking for it: its time begins anew.
    await pass();
    ahead += GRACE_MS + 1;
    expect((await pass()).content).toContainEqual({
      ...{ family: 'files', gone: { count: 1, bytes: 6 }, condemned: { count: 0, bytes: 0 } },
    });
    expect(await stores.artifacts.exists(orphan)).toBe(false);
    expect(kept && (await stores.artifacts.exists(kept))).toBe(true);
  });

  it('takes events that a consumer which stands still has not read, and says so in the log', async () => {
    const { events } = stores.metadata;
    for (const id of ['r1', 'r2', 'r3']) {
      await run(id, []);
      await end(id);
    }
    await events.moveCursor('still', null, 1);
    const lines: string[] = [];
    context = { ...context, log: pino({ level: 'warn' }, { write: (line) => lines.push(line) }) };
    ahead = 31 * 24 * HOUR;
    expect(await pass({}, { dryRun: true })).toMatchObject({ events: 2 });
    expect(lines).toEqual([]);
    expect(await pass()).toMatchObject({ events: 2 });
    expect(await events.after(0, 10)).toMatchObject([{ run: 'r3' }]);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ consumer: 'still', unread: 1 }]);
  });

  it('says in a dry run just what it takes, and changes nothing by that', async () => {
    await run('old', ['a', 'b']);
    await end('old');
    await put('orphan');
    ahead = 3 * GRACE_MS;
    await pass();
    ahead += GRACE_MS + 1;
    const order = { runs: '1h', logs: '1h', artifacts: '1h' };
    const said = await pass(order, { dryRun: true });
    expect(said).toMatchObject({ dryRun: true, runs: ['old'] });
    expect(goneFrom(said)).toMatchObject({ files: 1 });
    expect(await pass(order, { dryRun: true })).toEqual(said);
    expect(await stores.metadata.runs.get('old')).not.toBeNull();
    expect(await pass(order)).toEqual({ ...said, dryRun: false });
  });

  it('takes nothing while a run from before goes on, which may have it in hand', async () => {
    await stores.metadata.runs.create(newRun('live', { params: {} }));
    const inHand = await put('not written down yet');
    await passes();
    expect(await stores.artifacts.exists(inHand)).toBe(true);
    await end('live');
    await passes();
    expect(await stores.artifacts.exists(inHand)).toBe(false);
  });

  it('leaves what was put again after it was condemned', async () => {
    const ref = await put('again');
    ahead = 2 * GRACE_MS;
    await pass();
    ahead += GRACE_MS + 1;
    await put('again');
    expect(goneFrom(await pass())).toMatchObject({ files: 0 });
    expect(await stores.artifacts.exists(ref)).toBe(true);
  });

  it('takes artifacts of runs that went, but for what versions of models are', async () => {
    const [model, rows] = await run('r', ['model', 'rows']);
    if (!model || !rows) throw new Error('the run made nothing');
    const artifact = { ...model, artifact: 'model' } as const;
    await stores.metadata.registry.addVersion({
      ...{ model: 'm', artifact, evidence: {}, runId: 'r', taskPath: 'model', createdBy: 'ada' },
    });
    await end('r');
    await passes({ runs: '1h' });
    expect(await stores.metadata.runs.get('r')).toBeNull();
    expect([await stores.artifacts.exists(model), await stores.artifacts.exists(rows)]).toEqual([true, false]);
    expect(await stores.metadata.tasks.lineage({ runId: 'r' })).toHaveLength(2);
  });

  it('keeps the code of runs and newest versions, and takes that of versions that nothing names', async () => {
    const submit = async (name: string, code: string) => {
      const { compiled, blobs } = samplePipeline(name, { code });
      for (const bytes of blobs.values()) await stores.artifacts.putBlob(bytes);
      const compiledDigest = await stores.artifacts.putBlob(Buffer.from(JSON.stringify(compiled)));
      const version = { pipeline: name, compiledDigest, irDigest: compiled.irDigest, submittedBy: 'ada' };
      await stores.metadata.pipelines.add(version);
      return { compiledDigest, all: [compiledDigest, ...blobs.keys()] };
    };
    const [unused, used, newest] = [await submit('p', '1'), await submit('p', '2'), await submit('p', '3')];
    await run('r', [], { compiledDigest: used.compiledDigest });
    await end('r');
    await passes();
    const here = (digests: typeof used.all) => Promise.all(digests.map((each) => stores.artifacts.hasBlob(each)));
    expect(await here([...used.all, ...newest.all])).toEqual([true, true, true, true]);
    expect(await here(unused.all)).toEqual([false, false]);
  });

  describe('of payloads', () => {
    it('leaves them alone while Temporal is away, and says so', async () => {
      const digest = await stores.payloads.put(Buffer.from('payload'));
      temporal.away = 'yes';
      await passes();
      expect((await pass()).payloadsLeft).toContain('does not answer');
      expect((await pass()).content.map(({ family }) => family)).not.toContain('payloads');
      expect(Buffer.from(await stores.payloads.get(digest)).toString()).toBe('payload');
    });

    it('takes those that are older than all that Temporal knows, unless something was started with them', async () => {
      const given = await stores.payloads.put(Buffer.from('given to a schedule'));
      const old = await stores.payloads.put(Buffer.from('old'));
      temporal.known = { oldest: Date.now() + GRACE_MS * 3 + HOUR * 5, payloads: new Set([given]) };
      await passes();
      await expect(stores.payloads.get(old)).rejects.toMatchObject({ kind: 'missing' });
      expect(await stores.payloads.get(given)).toHaveLength(19);
    });

    it('leaves all that was condemned less than an hour before something began, whatever the grace', async () => {
      const digest = await stores.payloads.put(Buffer.from('arguments'));
      ahead = 2 * HOUR;
      await pass({}, { graceMs: 0 });
      temporal.known = { oldest: context.now() + 1, payloads: new Set() };
      ahead += 10 * GRACE_MS;
      await pass({}, { graceMs: 0 });
      expect(await stores.payloads.get(digest)).toHaveLength(9);
    });
  });

  it('goes on where another one died in the middle', async () => {
    const refs = [];
    for (const text of ['a', 'b', 'c']) refs.push(await put(text));
    ahead = 2 * GRACE_MS;
    await pass();
    ahead += GRACE_MS + 1;
    const dying = { ...context.sweep, remove: async () => Promise.reject(new Error('killed')) };
    await expect(
      collect(
        { ...context, sweep: dying },
        { policy: readPolicy({}), pipeline: null, graceMs: GRACE_MS, dryRun: false },
      ),
    ).rejects.toThrow('killed');
    // What it took is its own until the lease ends: it may be removing it still.
    expect(goneFrom(await pass())).toMatchObject({ files: 0 });
    ahead += HOUR;
    expect(goneFrom(await pass())).toMatchObject({ files: 3 });
    expect(await stores.metadata.condemned.list()).toEqual([]);
    expect(digestOfBytes('a')).toBe(refs[0]?.digest);
    expect(await put('a')).toEqual(refs[0]);
  });
});
