import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { identify, identifySelf, type PlacedProcess } from '../../platform/process-identity.ts';
import type { RunDetail } from '../client.ts';
import type { ServerContext } from '../server-context.ts';
import { samplePipeline } from '../testing/sample-pipeline.suite.ts';
import { testServer } from '../testing/test-server.suite.ts';
import { endOrphans } from './local-runs.ts';
import { reconcileRuns } from './reconcile-runs.ts';

const server = testServer();

/** A local run that a process has begun to execute, with a task under way. */
async function begun(runId: string, runner: PlacedProcess): Promise<void> {
  const { runs, tasks } = server().stores.metadata;
  await submitted(runId);
  await runs.claim(runId, runner);
  await runs.start(runId, Date.now());
  const shape = { kind: 'task', step: 'load', input: null, output: null, failure: null, cache: null } as const;
  await tasks.record(runId, [{ path: 'load', sequence: 1, status: 'running', at: 5, detail: {}, ...shape }]);
  await tasks.startAttempt({ runId, path: 'load', attempt: 1, worker: 'w', queue: 'cpu', startedAt: 5 });
}

async function submitted(runId: string): Promise<void> {
  const { compiled, blobs } = samplePipeline('local');
  for (const [digest, bytes] of blobs) await server().client.putBlob(digest, bytes);
  await server().client.addPipeline(compiled);
  await server().client.submitRun({ pipeline: 'local', params: { source: 'a' }, runId, driver: 'local' });
}

/** What a process was that has ended since. */
async function dead(): Promise<PlacedProcess> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const identity = await identify(child.pid ?? 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return { host: (await identifySelf()).host, ...identity };
}

function context(ms = 0): ServerContext {
  const log = pino({ level: 'silent' });
  return { ...server().stores, project: 'default', temporal: null, user: 'ada', log, now: () => Date.now() + ms };
}

function expectEnded({ run, tasks, attempts }: RunDetail): void {
  expect(run).toMatchObject({ status: 'failed', endedAt: expect.any(Number) });
  expect(run.error).toMatch(/^Its process \(\d+\) ended before the run did/);
  expect(run.error).toContain(`millrace runs retry ${run.id} --local`);
  expect(tasks).toMatchObject([{ status: 'cancelled', endedAt: expect.any(Number) }]);
  expect(attempts).toMatchObject([{ status: 'cancelled', endedAt: expect.any(Number) }]);
}

it('ends a run whose process is dead when somebody reads it', async () => {
  await begun('read', await dead());
  expectEnded(await server().client.run('read'));
  await begun('listed', await dead());
  const page = await server().client.runs({ status: 'failed' });
  expect(page.items.map((run) => run.id)).toContain('listed');
  expectEnded(await server().client.run('listed'));
});

it('ends it when the next local run starts, and lets it be retried', async () => {
  await begun('before', await dead());
  await submitted('next');
  expect(await server().stores.metadata.runs.get('before')).toMatchObject({ status: 'failed' });
  await begun('retried', await dead());
  expect((await server().client.retryRun('retried', {})).run).toMatchObject({ retryOf: 'retried', driver: 'local' });
});

it('ends it in the reconciler, without Temporal too', async () => {
  await begun('reconciled', await dead());
  await reconcileRuns(context());
  expect(await server().stores.metadata.runs.get('reconciled')).toMatchObject({ status: 'failed' });
});

it('knows a later process of the same number', async () => {
  const self = await identifySelf();
  await begun('reused', { ...self, startedAt: 'another time' });
  if (self.startedAt !== null) expectEnded(await server().client.run('reused'));
});

it('leaves runs alone whose process lives, or is of another host', async () => {
  await begun('alive', await identifySelf());
  await begun('elsewhere', { ...(await dead()), host: 'elsewhere' });
  await endOrphans(context(1_000_000_000));
  for (const id of ['alive', 'elsewhere']) expect((await server().client.run(id)).run.status).toBe('running');
});

it('ends a run that no process came for, and not one that was submitted just now', async () => {
  await submitted('unclaimed');
  await endOrphans(context());
  expect((await server().client.run('unclaimed')).run.status).toBe('pending');
  await endOrphans(context(120_000));
  const { run } = await server().client.run('unclaimed');
  expect(run).toMatchObject({ status: 'failed', error: expect.stringContaining('No process ever began') });
});

it('cancels a run without a process, and refuses one that has its process', async () => {
  await begun('orphan', await dead());
  expect(await server().client.cancelRun('orphan')).toMatchObject({ status: 'cancelled' });
  expect((await server().client.run('orphan')).tasks).toMatchObject([{ status: 'cancelled' }]);
  await begun('executed', await identifySelf());
  await expect(server().client.cancelRun('executed')).rejects.toMatchObject({ code: 'notForLocalRuns' });
});
