import { pino } from 'pino';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { NewRun, Run } from '../../store/metadata/run-table.ts';
import type { ServerContext } from '../server-context.ts';
import { TemporalAway } from '../temporal/temporal-gateway.ts';
import { FakeTemporal } from '../testing/fake-temporal.suite.ts';
import { samplePipeline } from '../testing/sample-pipeline.suite.ts';
import { testServer } from '../testing/test-server.suite.ts';
import { keepReconciling, reconcileRuns } from './reconcile-runs.ts';

const temporal = new FakeTemporal();
const server = testServer(temporal);
const CLOSED_AT = 1_700_000_000_000;

/** The server's context at a time when the runs of these tests are no longer young. */
function later(ms = 120_000): ServerContext {
  const log = pino({ level: 'silent' });
  return { ...server().stores, project: 'default', temporal, user: 'ada', log, now: () => Date.now() + ms };
}

async function submit(runId: string, driver: Run['driver'] = 'temporal'): Promise<string> {
  const { compiled, blobs } = samplePipeline('reconciled');
  for (const [digest, bytes] of blobs) await server().client.putBlob(digest, bytes);
  await server().client.addPipeline(compiled);
  const { run } = await server().client.submitRun({ pipeline: 'reconciled', params: { source: 'a' }, runId, driver });
  return run.workflowId ?? '';
}

async function started(runId: string): Promise<string> {
  const workflowId = await submit(runId);
  await server().stores.metadata.runs.start(runId, Date.now());
  return workflowId;
}

const rowOf = async (runId: string): Promise<Run> => (await server().client.run(runId)).run;

it.each([
  ['terminated', 'failed', 'Its workflow was terminated in Temporal.'],
  ['failed', 'failed', 'Its workflow failed in Temporal, where its history has the reason.'],
  ['timedOut', 'failed', 'Its workflow ran out of time in Temporal.'],
  ['cancelled', 'cancelled', 'Its workflow was cancelled in Temporal.'],
  ['completed', 'failed', 'Its workflow completed in Temporal, but how the run ended was never recorded.'],
] as const)('ends a run whose workflow was %s', async (closing, status, error) => {
  const runId = `was-${closing}`;
  temporal.closed.set(await started(runId), { closing, closedAt: CLOSED_AT });
  await reconcileRuns(later());
  expect(await rowOf(runId)).toMatchObject({ status, error, endedAt: CLOSED_AT });
});

it('ends a pending run that was terminated before it began', async () => {
  temporal.closed.set(await submit('not-begun'), { closing: 'terminated', closedAt: CLOSED_AT });
  await reconcileRuns(later());
  expect(await rowOf('not-begun')).toMatchObject({ status: 'failed', startedAt: null });
});

it('ends a running run that Temporal has forgotten', async () => {
  temporal.started.delete(await started('forgotten'));
  await reconcileRuns(later());
  const error = expect.stringContaining('Temporal knows no workflow of this run any more');
  expect(await rowOf('forgotten')).toMatchObject({ status: 'failed', error });
});

describe('a pending run that Temporal never got', () => {
  /** As an API leaves it that was killed between row and workflow. */
  async function kept(id: string, changes: Partial<NewRun> = {}): Promise<string> {
    const { output: _, ...row } = await rowOf('page');
    const workflowId = `default/run/${id}`;
    await server().stores.metadata.runs.create({ ...row, id, workflowId, ...changes });
    return changes.workflowId ?? workflowId;
  }
  beforeAll(() => submit('page'));

  it('is started with all that it was submitted with, once it is no longer young', async () => {
    const source = 'a'.repeat(100_000);
    const workflowId = await kept('never-got', { params: { source }, priority: 2, retryOf: 'page' });
    await reconcileRuns(later(0));
    expect(temporal.started.has(workflowId)).toBe(false);
    await reconcileRuns(later());
    expect(temporal.started.get(workflowId)).toMatchObject({
      ...{ runId: 'never-got', params: { source }, priority: 2, retryOf: 'page' },
    });
    expect((await rowOf('never-got')).status).toBe('pending');
  });

  it('is started where somebody made it as a retry of a run of a schedule or backfill', async () => {
    const retries = [
      await kept('retry-of-tick', { schedule: 'tick', retryOf: 'tick-20260101T020000Z' }),
      await kept('retry-of-part', { backfill: 'may', partition: '2001-05-01', retryOf: 'may--2001-05-01' }),
    ];
    await reconcileRuns(later());
    expect(retries.map((id) => temporal.started.has(id))).toEqual([true, true]);
  });

  it('is left to the schedule or backfill that starts it', async () => {
    const place = { backfill: 'may', partition: 'day=2001-05-01,region=eu' };
    const theirs = [
      await kept('tick-20260101T020000Z', {
        ...{ schedule: 'tick', workflowId: 'default/run/tick-2026-01-01T02:00:00Z' },
      }),
      await kept('may--2001-05-01--eu', place),
      await kept('may--2001-05-01--eu_2', { ...place, retryOf: 'may--2001-05-01--eu' }),
      await kept('may--2001-05-02--eu_1', { backfill: 'may', partition: 'day=2001-05-02,region=eu_1' }),
    ];
    await reconcileRuns(later());
    expect(theirs.map((id) => temporal.started.has(id))).toEqual([false, false, false, false]);
  });
});

it('leaves runs alone that are under way, young, ended, or local', async () => {
  await started('under-way');
  temporal.closed.set(await started('ended'), { closing: 'terminated', closedAt: CLOSED_AT });
  await server().stores.metadata.runs.end('ended', { status: 'succeeded', output: 1, error: null, at: 7 });
  await submit('local', 'local');
  await server().stores.metadata.runs.start('local', Date.now());
  await reconcileRuns(later());
  temporal.closed.set(await started('young'), { closing: 'terminated', closedAt: CLOSED_AT });
  await reconcileRuns(later(0));
  const statuses = ['under-way', 'ended', 'local', 'young'].map(async (id) => (await rowOf(id)).status);
  expect(await Promise.all(statuses)).toEqual(['running', 'succeeded', 'running', 'running']);
});

it('goes through all pages of open runs', async () => {
  const ids = Array.from({ length: 120 }, (_, index) => `paged-${index}`);
  const row = await rowOf('page');
  for (const id of ids) {
    await server().stores.metadata.runs.create({ ...row, id, workflowId: id });
    temporal.started.set(id, { ...row, project: 'default', runId: id });
    temporal.closed.set(id, { closing: 'terminated', closedAt: CLOSED_AT });
  }
  await reconcileRuns(later());
  const open = await server().stores.metadata.runs.list({ status: 'pending', limit: 100 });
  expect(open.items.map((run) => run.id).filter((id) => ids.includes(id))).toEqual([]);
});

it('goes on to the next run when one cannot be asked about, and waits when Temporal is away', async () => {
  temporal.closed.set(await started('behind'), { closing: 'terminated', closedAt: CLOSED_AT });
  temporal.away = 'yes';
  await expect(reconcileRuns(later())).rejects.toBeInstanceOf(TemporalAway);
  temporal.away = 'no';
  expect((await rowOf('behind')).status).toBe('running');
  await started('odd');
  const describe = vi.spyOn(temporal, 'describe');
  describe.mockImplementationOnce(async () => Promise.reject(new Error('odd')));
  await reconcileRuns(later());
  describe.mockRestore();
  expect((await rowOf('behind')).status).toBe('failed');
});

it('begins at once, again and again but never twice at a time, until it is stopped', async () => {
  await started('slow');
  let release = (): void => {};
  const describe = vi.spyOn(temporal, 'describe');
  describe.mockImplementation(
    () => new Promise((resolve) => (release = () => resolve({ closing: null, closedAt: null }))),
  );
  const stop = keepReconciling(later(), 5);
  await vi.waitFor(() => expect(describe).toHaveBeenCalledTimes(1));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(describe).toHaveBeenCalledTimes(1);
  release();
  await vi.waitFor(() => expect(describe).toHaveBeenCalledTimes(2));
  stop();
  release();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(describe).toHaveBeenCalledTimes(2);
  describe.mockRestore();
});

it('ends what a run has under way with the run', async () => {
  const workflowId = await started('with-tasks');
  const { tasks } = server().stores.metadata;
  const shape = { kind: 'task', step: 'load', input: null, output: null, failure: null, cache: null } as const;
  await tasks.record('with-tasks', [{ path: 'load', sequence: 1, status: 'running', at: 5, detail: {}, ...shape }]);
  await tasks.startAttempt({ runId: 'with-tasks', path: 'load', attempt: 1, worker: 'w', queue: 'q', startedAt: 5 });
  temporal.closed.set(workflowId, { closing: 'terminated', closedAt: CLOSED_AT });
  await reconcileRuns(later());
  const detail = await server().client.run('with-tasks');
  expect(detail.tasks).toMatchObject([{ status: 'cancelled', endedAt: CLOSED_AT }]);
  expect(detail.attempts).toMatchObject([{ status: 'cancelled', endedAt: CLOSED_AT }]);
});
