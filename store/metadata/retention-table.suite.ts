import { describe, expect, it } from 'vitest';
import { type Digest, digestOfBytes } from '../../ir/digest.ts';
import type { SuiteContext } from './metadata-store.suite.ts';
import type { RetentionCuts } from './retention-table.ts';
import { newRun } from './run-table.suite.ts';
import type { NewRun } from './run-table.ts';
import { newSchedule } from './schedule-table.suite.ts';
import { transition } from './task-table.suite.ts';

export const KEEP_ALL: RetentionCuts = {
  ...{ pipeline: null, runsBefore: null, runsKept: null, logsBefore: null, artifactsBefore: null },
};

const digest = (name: string): Digest => digestOfBytes(name);
const artifact = (name: string) =>
  ({ artifact: 'dataset', digest: digest(name), uri: `file:///${name}`, size: 3, metadata: {} }) as const;

export function retentionTableSuite(context: () => SuiteContext): void {
  /** A run with a row in every table, that ended at a time or goes on. */
  async function run(id: string, endedAt: number | null, changes: Partial<NewRun> = {}): Promise<void> {
    const { runs, tasks, cache } = context().store;
    const task = { runId: id, path: 't', attempt: 1 };
    const made = newRun(id, {
      params: { given: artifact(`${id}-param`) },
      compiledDigest: digest(`${id}-code`),
      ...changes,
    });
    await runs.create(made);
    await runs.start(id, 1);
    await tasks.startAttempt({ ...task, worker: 'w', queue: 'cpu', startedAt: 1 });
    await tasks.record(id, [transition('t', 2, { status: 'succeeded', output: artifact(`${id}-output`) })]);
    await tasks.appendLog({
      ...task,
      chunk: 0,
      lines: [{ at: 1, level: 'info', stream: 'log', text: 'é' }],
    });
    await tasks.saveCheckpoint(task, { at: artifact(`${id}-checkpoint`) });
    await tasks.saveMetrics(task, [{ name: 'auc', step: 0, value: 1 }]);
    const { pipeline } = made;
    const result = { runId: id, path: 't', output: artifact(`${id}-output`) };
    await cache.put({ ...result, key: `key-${id}`, pipeline, step: 's', parts: {}, createdAt: endedAt ?? 1_000 });
    if (endedAt !== null) await runs.end(id, { status: 'succeeded', output: null, error: null, at: endedAt });
  }
  const expiredRuns = async (cuts: Partial<RetentionCuts>) =>
    (await context().store.retention.expired({ ...KEEP_ALL, ...cuts })).runs;
  const neededOf = async (cuts: Partial<RetentionCuts> = {}) =>
    context().store.retention.needed({ ...KEEP_ALL, ...cuts });

  describe('retention', () => {
    it('lets nothing go unless it is told to', async () => {
      await run('r', 10);
      const { retention } = context().store;
      expect(await retention.expired(KEEP_ALL)).toEqual({ runs: [], logs: { chunks: 0, bytes: 0 }, results: 0 });
    });

    it('lets runs go by age and by count, of one pipeline where it is named, and none that goes on', async () => {
      for (const [id, end] of [
        ['a', 10],
        ['b', 20],
        ['c', 30],
      ] as const)
        await run(id, end);
      await run('live', null);
      await run('other', 10, { pipeline: 'churn' });
      expect(await expiredRuns({ runsBefore: 30 })).toEqual(['a', 'b', 'other']);
      expect(await expiredRuns({ runsBefore: 30, pipeline: 'flights' })).toEqual(['a', 'b']);
      expect(await expiredRuns({ runsKept: 0 })).toEqual(['a', 'b', 'c', 'other']);
      expect(await expiredRuns({ runsKept: 1, pipeline: 'churn' })).toEqual([]);
      expect(await expiredRuns({ runsBefore: 20, runsKept: 1, pipeline: 'churn' })).toEqual(['other']);
    });

    it('lets the newest run of each partition stay: it says that the partition is done', async () => {
      const of = (partition: string) => ({ partition, pipeline: 'daily' });
      await run('first', 10, of('2001-01-01'));
      await run('again', 20, of('2001-01-01'));
      await run('other', 30, of('2001-01-02'));
      expect(await expiredRuns({ runsBefore: 1_000 })).toEqual(['first']);
      expect(await expiredRuns({ runsKept: 0 })).toEqual(['first']);
    });

    it('counts the newest runs of each pipeline', async () => {
      for (const id of ['a', 'b', 'c']) await run(id, 10);
      await run('other', 10, { pipeline: 'churn' });
      const gone = await expiredRuns({ runsKept: 2 });
      expect(gone).toHaveLength(1);
      expect(gone).not.toContain('other');
    });

    it('keeps the run that a run which goes on takes over from, and all that it made', async () => {
      const { retention, runs } = context().store;
      await run('first', 10);
      await run('again', null, { retryOf: 'first' });
      expect(await expiredRuns({ runsBefore: 100 })).toEqual([]);
      expect(await retention.deleteRun('first')).toBe(false);
      expect((await neededOf({ artifactsBefore: 100 })).digests).toContain(digest('first-output'));
      await runs.end('again', { status: 'failed', output: null, error: null, at: 20 });
      expect(await expiredRuns({ runsBefore: 20 })).toEqual(['first']);
      expect(await retention.deleteRun('first')).toBe(true);
    });

    it('keeps those before it, too: it takes over from them what the retried run did not get as far as', async () => {
      const { retention, runs } = context().store;
      await run('first', 10);
      await run('second', 20, { retryOf: 'first' });
      await run('third', 30, { retryOf: 'second' });
      await run('live', null, { retryOf: 'third' });
      await run('other', 10);
      expect(await expiredRuns({ runsBefore: 100 })).toEqual(['other']);
      expect(await retention.deleteRun('first')).toBe(false);
      expect((await neededOf({ artifactsBefore: 100 })).digests).toContain(digest('first-output'));
      await runs.end('live', { status: 'failed', output: null, error: null, at: 200 });
      expect(await expiredRuns({ runsBefore: 100 })).toEqual(['first', 'other', 'second', 'third']);
      expect(await retention.deleteRun('first')).toBe(true);
    });

    it('takes a run that has ended with all that hangs on it, and no other', async () => {
      const { retention, runs, tasks, cache } = context().store;
      await run('r', 10);
      await run('s', 10);
      expect(await retention.deleteRun('r')).toBe(true);
      expect(await runs.get('r')).toBeNull();
      expect(await tasks.list('r')).toEqual([]);
      expect(await tasks.attempts('r')).toEqual([]);
      expect((await tasks.logs('r')).chunks).toEqual([]);
      expect(await tasks.checkpoint('r', 't')).toBeUndefined();
      expect(await tasks.metrics('r')).toEqual([]);
      expect(await tasks.lineage({ runId: 'r' })).toEqual([]);
      expect([...(await cache.get(['key-r', 'key-s'])).keys()]).toEqual(['key-s']);
      expect(await tasks.list('s')).toHaveLength(1);
      expect(await tasks.lineage({ runId: 's' })).toHaveLength(1);
      expect(await retention.deleteRun('r')).toBe(false);
    });

    it('takes no run that goes on', async () => {
      const { retention, runs, tasks } = context().store;
      await run('live', null);
      expect(await retention.deleteRun('live')).toBe(false);
      expect(await runs.get('live')).not.toBeNull();
      expect(await tasks.list('live')).toHaveLength(1);
    });

    it('leaves the lineage of a run that made a version of a model', async () => {
      const { retention, registry, tasks } = context().store;
      await run('r', 10);
      const model = { ...artifact('model'), artifact: 'model' } as const;
      await registry.addVersion({
        model: 'm',
        artifact: model,
        evidence: {},
        runId: 'r',
        taskPath: 't',
        createdBy: 'ada',
      });
      expect(await retention.versionsOf('r')).toEqual([{ model: 'm', version: 1 }]);
      expect(await retention.versionsOf('s')).toEqual([]);
      expect(await retention.deleteRun('r')).toBe(true);
      expect(await tasks.lineage({ runId: 'r' })).toMatchObject([{ path: 't', digest: digest('r-output') }]);
      expect(await tasks.list('r')).toEqual([]);
    });

    it('lets logs go by age and says how much, but none of a run that goes on', async () => {
      const { retention, tasks } = context().store;
      await run('old', 10);
      await run('young', 50);
      await run('live', null);
      const cuts = { ...KEEP_ALL, logsBefore: 50 };
      const { logs } = await retention.expired(cuts);
      expect(logs.chunks).toBe(1);
      expect(logs.bytes).toBeGreaterThan(20);
      await retention.deleteExpired(cuts);
      expect((await tasks.logs('old')).chunks).toEqual([]);
      expect((await tasks.logs('young')).chunks).toHaveLength(1);
      expect((await tasks.logs('live')).chunks).toHaveLength(1);
      expect(await retention.expired(cuts)).toMatchObject({ logs: { chunks: 0, bytes: 0 } });
    });

    it('lets results go with their run, and by age', async () => {
      const { retention, cache } = context().store;
      await run('gone', 10);
      await run('old', 10);
      await run('young', 50);
      await retention.deleteRun('gone');
      const cuts = { ...KEEP_ALL, artifactsBefore: 50 };
      expect((await retention.expired(cuts)).results).toBe(1);
      await retention.deleteExpired(cuts);
      expect([...(await cache.get(['key-gone', 'key-old', 'key-young'])).keys()]).toEqual(['key-young']);
      const all = { ...KEEP_ALL, runsKept: 0 };
      expect((await retention.expired(all)).results).toBe(1);
    });

    it('needs what runs were given, made and have saved', async () => {
      await run('r', 10);
      const { digests, compiled } = await neededOf();
      expect(digests).toEqual(new Set(['r-param', 'r-output', 'r-checkpoint'].map(digest)));
      expect(compiled).toEqual([digest('r-code')]);
    });

    it('needs of runs that are too old their code alone, and nothing of those that go', async () => {
      await run('old', 10);
      await run('live', null);
      const aged = await neededOf({ artifactsBefore: 50 });
      expect(aged.digests).toEqual(new Set(['live-param', 'live-output', 'live-checkpoint'].map(digest)));
      expect(new Set(aged.compiled)).toEqual(new Set([digest('old-code'), digest('live-code')]));
      const gone = await neededOf({ runsBefore: 50 });
      expect(gone.digests).toEqual(aged.digests);
      expect(gone.compiled).toEqual([digest('live-code')]);
      expect((await neededOf({ artifactsBefore: 50, pipeline: 'other' })).digests).toContain(digest('old-output'));
    });

    it('needs versions of models with their evidence, and what schedules are to be started with', async () => {
      const { registry, schedules } = context().store;
      const model = { ...artifact('model'), artifact: 'model' } as const;
      const evidence = { report: artifact('report') };
      await registry.addVersion({
        model: 'm',
        artifact: model,
        evidence,
        runId: null,
        taskPath: null,
        createdBy: 'ada',
      });
      await schedules.set(newSchedule('s', { params: { rows: artifact('rows') } }), 'created', null);
      await schedules.set(newSchedule('over', { params: { rows: artifact('over') } }), 'created', null);
      await schedules.remove('over', 'ada');
      expect((await neededOf()).digests).toEqual(new Set(['model', 'report', 'rows'].map(digest)));
    });

    it('needs the newest version of each pipeline, and those that schedules name', async () => {
      const { pipelines, schedules } = context().store;
      for (const each of ['v1', 'v2', 'v3']) {
        await pipelines.add({ pipeline: 'flights', compiledDigest: digest(each), irDigest: 'i', submittedBy: 'ada' });
      }
      expect((await neededOf()).compiled).toEqual([digest('v3')]);
      await schedules.set(newSchedule('s', { version: 1 }), 'created', null);
      expect(new Set((await neededOf()).compiled)).toEqual(new Set([digest('v1'), digest('v3')]));
    });

    it('knows the oldest run that goes on, or ended a moment ago', async () => {
      const { retention, runs } = context().store;
      expect(await retention.oldestUnsettled(0)).toBeNull();
      await run('ended', 50);
      const createdAt = (await runs.get('ended'))?.createdAt;
      expect(await retention.oldestUnsettled(50)).toBe(createdAt);
      expect(await retention.oldestUnsettled(51)).toBeNull();
      await run('live', null);
      expect(await retention.oldestUnsettled(51)).toBe((await runs.get('live'))?.createdAt);
    });
  });
}
