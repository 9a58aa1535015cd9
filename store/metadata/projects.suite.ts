import { describe, expect, it } from 'vitest';
import { newBackfill } from './backfill-table.suite.ts';
import type { SuiteContext } from './metadata-store.suite.ts';
import type { MetadataStore } from './metadata-store.ts';
import { newDelivery, newNotification } from './notification-table.suite.ts';
import { newRun } from './run-table.suite.ts';
import { newSchedule } from './schedule-table.suite.ts';
import { storedSecret } from './secret-table.suite.ts';
import { transition } from './task-table.suite.ts';
import { worker } from './worker-table.suite.ts';

/** Writes a row into every table, under keys that do not depend on the project. */
async function fill({ project, ...store }: MetadataStore): Promise<void> {
  const task = { runId: 'r', path: 'p' };
  const artifact = { artifact: 'model', digest: 'd', uri: `file:///${project}`, size: 1, metadata: {} } as const;
  await store.pipelines.add({ pipeline: 'p', compiledDigest: 'c', irDigest: 'i', submittedBy: project });
  await store.runs.create(newRun('r', { submittedBy: project, partition: 'day' }));
  await store.tasks.record('r', [transition('p', 1, { output: artifact, step: project })]);
  await store.tasks.startAttempt({ ...task, attempt: 1, worker: project, queue: 'cpu', startedAt: 1 });
  await store.tasks.appendLog({ ...task, attempt: 1, chunk: 0, lines: [] });
  await store.tasks.saveCheckpoint({ ...task, attempt: 1 }, project);
  await store.tasks.saveMetrics({ ...task, attempt: 1 }, [{ name: 'auc', step: 0, value: 1 }]);
  await store.cache.put({ ...task, key: 'k', pipeline: 'l', step: 's', output: project, parts: {}, createdAt: 1 });
  await store.registry.addVersion({
    ...{ model: 'm', artifact, evidence: {}, runId: null, taskPath: null, createdBy: project },
  });
  await store.registry.moveAlias({
    ...{
      model: 'm',
      alias: 'champion',
      to: 1,
      by: project,
      reason: '',
      runId: null,
      evidence: {},
      expected: { version: null },
    },
  });
  await store.endpoints.set({ name: 'e', traffic: [], updatedBy: project }, 0);
  await store.endpoints.heartbeat({ id: 'x', url: project, leaseUntil: 100, applied: {} });
  await store.workers.heartbeat({ ...worker('w', 100), host: project });
  await store.schedules.set(newSchedule('n', { updatedBy: project }), 'created', null);
  await store.backfills.create(newBackfill('b', { createdBy: project, partitions: [project] }));
  await store.secrets.add(storedSecret('z', 1, project));
  await store.notifications.create(newNotification('y', project));
  await store.notifications.enqueue([newDelivery('d', 'y')]);
  await store.events.moveCursor('consumer', null, 1);
}

/** Everything that can be read, each with the mark of the project that wrote it where it has one. */
async function read(store: MetadataStore) {
  return {
    pipelines: (await store.pipelines.list()).items.map(({ submittedBy, version }) => [submittedBy, version]),
    pipeline: (await store.pipelines.get('p', 'latest'))?.submittedBy,
    byDigest: (await store.pipelines.byDigest('c'))?.submittedBy,
    runs: (await store.runs.list()).items.map(({ submittedBy, status }) => [submittedBy, status]),
    run: (await store.runs.get('r'))?.submittedBy,
    tasks: (await store.tasks.list('r')).map(({ step }) => step),
    task: (await store.tasks.get('r', 'p'))?.step,
    attempts: (await store.tasks.attempts('r')).map(({ worker, status }) => [worker, status]),
    logs: (await store.tasks.logs('r')).chunks.length,
    checkpoint: await store.tasks.checkpoint('r', 'p'),
    metrics: (await store.tasks.metrics('r')).length,
    lineage: (await store.tasks.lineage({ digest: 'd' })).length,
    cache: (await store.cache.get(['k'])).get('k')?.output,
    recent: (await store.cache.recent('l', 'p', 1)).map(({ parts }) => parts),
    versions: (await store.registry.versions('m')).items.map(({ createdBy, version }) => [createdBy, version]),
    version: (await store.registry.version('m', 1))?.createdBy,
    models: (await store.registry.models()).map(({ versions, aliases }) => [versions, aliases.length]),
    aliases: (await store.registry.aliases('m')).length,
    history: (await store.registry.history('m')).items.map(({ by }) => by),
    alias: (await store.registry.alias('m', 'champion'))?.version,
    endpoint: (await store.endpoints.get('e'))?.updatedBy,
    endpoints: (await store.endpoints.list()).map(({ updatedBy }) => updatedBy),
    replicas: (await store.endpoints.liveReplicas(0)).map(({ url }) => url),
    workers: (await store.workers.live(0)).map(({ host }) => host),
    schedule: (await store.schedules.get('n'))?.updatedBy,
    schedules: (await store.schedules.list()).map(({ updatedBy }) => updatedBy),
    backfill: (await store.backfills.get('b'))?.createdBy,
    backfills: (await store.backfills.list()).items.map(({ createdBy, status }) => [createdBy, status]),
    partitions: [await store.backfills.partitions('b'), await store.backfills.pending('b')],
    ofPartitions: (await store.runs.ofPartitions({ pipeline: 'flights' }, ['day'])).map(({ status }) => status),
    notification: (await store.notifications.get('y'))?.createdBy,
    notifications: (await store.notifications.list()).map(({ createdBy }) => createdBy),
    deliveries: (await store.notifications.deliveries('y')).items.map(({ status, attempts }) => [status, attempts]),
    due: await store.notifications.due(9),
    secret: (await store.secrets.get('z', null))?.setBy,
    secrets: (await store.secrets.list()).map(({ setBy }) => setBy),
    events: (await store.events.after(0, 10)).map((event) => ('by' in event ? event.by : event.kind)),
    cursor: await store.events.cursor('consumer'),
    changes: (await store.schedules.history('n')).items.map(({ updatedBy }) => updatedBy),
  };
}

export function projectsSuite(context: () => SuiteContext): void {
  describe('projects', () => {
    it('see nothing of one another, and the same keys in each do not clash', async () => {
      const { store: mine, open } = context();
      const theirs = await open('theirs');
      const empty = await read(mine);
      await fill(theirs);
      expect(await read(mine)).toEqual(empty);
      await fill(mine);
      const told = await read(mine);
      expect(told).toMatchObject({
        run: 'default',
        checkpoint: 'default',
        cache: 'default',
        models: [[1, 1]],
        lineage: 1,
      });
      expect(JSON.stringify(told)).not.toContain('theirs');
      expect(JSON.stringify(await read(theirs))).not.toContain('default');
    });

    it('take away only their own', async () => {
      const { store: mine, open } = context();
      const theirs = await open('theirs');
      await fill(mine);
      await fill(theirs);
      const before = await read(mine);
      await theirs.cache.delete('k');
      await theirs.workers.remove('w');
      await theirs.schedules.remove('n', 'theirs');
      await theirs.backfills.endRound('b', 1, { status: 'failed', at: 1 });
      await theirs.backfills.beginRound('b', 1, ['theirs-2']);
      await theirs.endpoints.removeReplica('x');
      await theirs.secrets.delete('z', 'theirs');
      await theirs.notifications.claim('y', { now: 9, leaseUntil: 10, limit: 1 });
      await theirs.notifications.endTry({ id: 'd', attempts: 1 }, { kind: 'delivered', error: null, at: 1 });
      await theirs.notifications.deleteBefore(9);
      await theirs.notifications.delete('y');
      await theirs.registry.moveAlias({
        ...{ model: 'm', alias: 'champion', to: null, by: 'x', reason: '', runId: null, evidence: {} },
      });
      await theirs.runs.start('r', 1);
      await theirs.events.moveCursor('consumer', 1, 2);
      await theirs.events.deleteBefore(Date.now() + 1_000);
      expect(await read(mine)).toEqual(before);
      await theirs.runs.end('r', { status: 'failed', output: null, error: null, at: 1 });
      await theirs.endpoints.set({ name: 'e', traffic: [], updatedBy: 'theirs' }, 1);
      expect(await read(mine)).toEqual(before);
    });

    it('number their own versions, however many others have', async () => {
      const { store: mine, open } = context();
      const theirs = await open('theirs');
      await fill(theirs);
      await theirs.pipelines.add({ pipeline: 'p', compiledDigest: 'c2', irDigest: 'i', submittedBy: 'x' });
      await fill(mine);
      expect((await mine.pipelines.get('p', 'latest'))?.version).toBe(1);
      const again = { pipeline: 'p', compiledDigest: 'c', irDigest: 'i', submittedBy: 'again' };
      expect(await mine.pipelines.add(again)).toMatchObject({ submittedBy: 'default' });
      expect(await theirs.pipelines.add(again)).toMatchObject({ submittedBy: 'theirs' });
      expect(await mine.registry.version('m', 1)).toMatchObject({ createdBy: 'default' });
    });

    it('take no attempt of another project for a later one of their own', async () => {
      const { store: mine, open } = context();
      const theirs = await open('theirs');
      const key = { runId: 'r', path: 'p', attempt: 1 };
      await mine.tasks.startAttempt({ ...key, worker: 'w', queue: 'cpu', startedAt: 1 });
      for (const attempt of [1, 2, 3]) {
        await theirs.tasks.startAttempt({ ...key, attempt, worker: 'w', queue: 'cpu', startedAt: 1 });
      }
      await mine.tasks.startAttempt({ ...key, worker: 'w', queue: 'cpu', startedAt: 1 });
      expect((await mine.tasks.attempts('r', key.path)).map(({ status }) => status)).toEqual(['running']);
      expect(await mine.tasks.saveCheckpoint(key, 1)).toBe(true);
      expect(await mine.tasks.endAttempt(key, { status: 'succeeded', at: 2, failure: null })).toBe(true);

      await mine.tasks.startAttempt({ ...key, attempt: 9, worker: 'w', queue: 'cpu', startedAt: 1 });
      expect((await theirs.tasks.attempts('r', key.path)).map(({ status }) => status)).toEqual([
        'failed',
        'failed',
        'running',
      ]);
    });
  });
}
