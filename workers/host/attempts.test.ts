import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MetadataError } from '../../store/metadata/metadata-store.ts';
import { newRun } from '../../store/metadata/run-table.suite.ts';
import {
  dispatchOf,
  failureOf,
  type HostFixture,
  logOf,
  openHost,
  RUN,
  runTask,
  SETTINGS,
  stepModule,
} from './task-host.suite.ts';
import { createTaskHost } from './task-host.ts';

let fixture: HostFixture;
let run: HostFixture['run'];
beforeAll(async () => {
  fixture = await openHost();
  ({ run } = fixture);
});
afterAll(() => fixture.close());

const attemptsOf = (path: string) => fixture.stores.metadata.tasks.attempts(RUN, path);

describe('stopping', () => {
  it('passes a cancellation on and takes nothing that comes after it', async () => {
    const stop = new AbortController();
    const body = `
task.progress(0.5, 'waiting');
await new Promise((resolve) => task.signal.addEventListener('abort', resolve));
task.log.info('tidied up');
return { late: true };`;
    const onProgress = ({ share }: { share: number | null }) => {
      if (share === 0.5) stop.abort();
    };
    const failure = await failureOf(run(body, { path: 'cancelled', signal: stop.signal, onProgress }));
    expect(failure).toMatchObject({ kind: 'cancelled', retryable: false });
    expect((await attemptsOf('cancelled'))[0]).toMatchObject({
      status: 'cancelled',
      progress: 0.5,
      message: 'waiting',
    });
    expect((await logOf(fixture.stores, 'cancelled')).map(({ text }) => text)).toContain('tidied up');
  });

  it('at a timeout says how long was allowed, and nothing of a grace period that was not needed', async () => {
    const body = `await new Promise((resolve) => task.signal.addEventListener('abort', resolve)); return {};`;
    const failure = await failureOf(run(body, { settings: { timeoutMs: 1_000 } }));
    expect(failure.message).toBe(
      "The handler ran longer than the 1 s that it may. Raise the step's timeout, or make it report checkpoints and do less at once.",
    );
  });

  it('ends what the handler has started, too', async () => {
    const file = join(fixture.home, 'grandchild');
    const body = `
const { spawn } = require('node:child_process');
const child = spawn('sleep', ['1000']);
require('node:fs').writeFileSync(${JSON.stringify(file)}, String(child.pid));
for (;;) {}`;
    const failure = await failureOf(run(body, { settings: { timeoutMs: 700 } }));
    expect(failure.kind).toBe('timeout');
    expect(failure.message).toMatch(/ It was asked to stop then, did not within 300 ms, and was killed\.$/);
    await expectGone(Number(await readFile(file, 'utf8')));
  });

  it('of the host ends what runs and what waits, for another worker to take up', async () => {
    const other = createTaskHost({ ...fixture.settings, capacity: { ...fixture.settings.capacity, cpu: 1 } });
    const { digest } = await fixture.packageOf(stepModule('await new Promise(() => {});'));
    const whole = { settings: { ...SETTINGS, resources: { ...SETTINGS.resources, cpu: 1 } } };
    const started = () => failureOf(runTask(other, dispatchOf({ kind: 'package', digest }, whole)));
    const failing = started();
    const waiting = started();
    await delay(100);
    await other.close();
    expect(await failing).toMatchObject({ kind: 'worker', name: 'WorkerShutDown', retryable: true });
    const { name, message } = await waiting;
    expect(name).toBe('NotBegun');
    expect(message).toContain('was shut down before the task began');
  });

  it('does not begin what was cancelled before', async () => {
    const failure = await failureOf(run('return {};', { path: 'never', signal: AbortSignal.abort() }));
    expect(failure.kind).toBe('cancelled');
    expect((await attemptsOf('never'))[0]).toMatchObject({ status: 'cancelled' });
  });
});

describe('attempts', () => {
  it('find the checkpoint of those before', async () => {
    const body = `
if (task.lastCheckpoint === undefined) {
  await task.checkpoint({ epoch: 3 });
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => {});
}
return { from: task.lastCheckpoint, attempt: task.attempt };`;
    expect((await failureOf(run(body, { path: 'resumed' }))).kind).toBe('crash');
    expect(await run(body, { path: 'resumed', attempt: 2 })).toEqual({ from: { epoch: 3 }, attempt: 2 });
  });

  it('that a later one has replaced are not taken', async () => {
    const zombie = run('await new Promise((r) => setTimeout(r, 600)); return { old: true };', { path: 'zombie' });
    const failing = failureOf(zombie);
    await delay(200);
    expect(await run('return { old: false };', { path: 'zombie', attempt: 2 })).toEqual({ old: false });
    expect(await failing).toMatchObject({ kind: 'worker', name: 'AttemptReplaced', retryable: false });
    const last = (await attemptsOf('zombie')).find(({ attempt }) => attempt === 2);
    expect(last).toMatchObject({ status: 'succeeded' });
  });

  it('cannot save a checkpoint once they are replaced', async () => {
    const body = `await new Promise((r) => setTimeout(r, 600)); await task.checkpoint({ old: true }); return {};`;
    const failing = failureOf(run(body, { path: 'fenced' }));
    await delay(200);
    await run('await task.checkpoint({ old: false }); return {};', { path: 'fenced', attempt: 2 });
    expect(await failing).toMatchObject({ kind: 'worker', name: 'AttemptReplaced' });
    expect(await fixture.stores.metadata.tasks.checkpoint(RUN, 'fenced')).toEqual({ old: false });
  });

  it('cannot save a checkpoint once their run has ended', async () => {
    const { runs } = fixture.stores.metadata;
    await runs.create(newRun('over'));
    await runs.end('over', { status: 'cancelled', output: null, error: null, at: Date.now() });
    const { digest } = await fixture.packageOf(stepModule('await task.checkpoint({ late: true }); return {};'));
    const dispatch = dispatchOf({ kind: 'package', digest });
    const late = runTask(fixture.host, { ...dispatch, task: { ...dispatch.task, runId: 'over' } });
    expect(await failureOf(late)).toMatchObject({ kind: 'worker', name: 'AttemptReplaced', retryable: false });
    expect(await fixture.stores.metadata.tasks.checkpoint('over', dispatch.task.path)).toBeUndefined();
  });

  it('that are delivered again while the first delivery goes on are taken from the second alone', async () => {
    const body = (name: string, ms: number) =>
      `await new Promise((r) => setTimeout(r, ${ms})); await task.checkpoint('${name}'); return { from: '${name}' };`;
    const first = failureOf(run(body('first', 700), { path: 'doubled' }));
    await delay(200);
    expect(await run(body('second', 0), { path: 'doubled' })).toEqual({ from: 'second' });
    expect(await first).toMatchObject({ kind: 'worker', name: 'AttemptReplaced' });
    expect(await fixture.stores.metadata.tasks.checkpoint(RUN, 'doubled')).toBe('second');
    expect(await attemptsOf('doubled')).toMatchObject([{ status: 'succeeded', failure: null }]);
  });

  it('that are delivered again, for their answer was lost, give their output again', async () => {
    const body = 'return { same: task.attempt };';
    for (const attempt of [1, 1, 2, 2]) {
      expect(await run(body, { path: 'redelivered', attempt })).toEqual({ same: attempt });
    }
    expect((await attemptsOf('redelivered')).map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
  });

  it('that are delivered again, for their worker was lost in the middle, give their output', async () => {
    const begun = { worker: 'lost', queue: 'cpu', startedAt: Date.now() };
    await fixture.stores.metadata.tasks.startAttempt({ runId: RUN, path: 'halfway', attempt: 1, ...begun });
    expect(await run('return { done: true };', { path: 'halfway' })).toEqual({ done: true });
    expect((await attemptsOf('halfway')).map(({ status }) => status)).toEqual(['succeeded']);
  });

  it('whose first row finds no room on the disk write it with their end', async () => {
    const full = new MetadataError('noSpace', 'The disk is full.');
    vi.spyOn(fixture.stores.metadata.tasks, 'startAttempt').mockRejectedValueOnce(full);
    expect(await run('return { done: true };', { path: 'no-room' })).toEqual({ done: true });
    expect((await attemptsOf('no-room')).map(({ status }) => status)).toEqual(['succeeded']);
  });

  it('of light steps are written whole when they end, and say since when they ran', async () => {
    const began = Date.now();
    const body = `await new Promise((r) => setTimeout(r, 100)); return {};`;
    const running = run(body, { path: 'light', contract: { cost: 'light' } });
    await delay(50);
    expect(await attemptsOf('light')).toEqual([]);
    await running;
    const [attempt] = await attemptsOf('light');
    expect(attempt).toMatchObject({ status: 'succeeded', attempt: 1 });
    expect((attempt?.endedAt ?? 0) - (attempt?.startedAt ?? 0)).toBeGreaterThanOrEqual(90);
    expect(attempt?.startedAt).toBeGreaterThanOrEqual(began);
  });

  it('that failed and are delivered again may succeed', async () => {
    await failureOf(run('throw new Error("no luck");', { path: 'second-luck' }));
    expect(await run('return { luck: true };', { path: 'second-luck' })).toEqual({ luck: true });
    expect((await attemptsOf('second-luck'))[0]).toMatchObject({ status: 'succeeded', failure: null });
  });

  it('that succeeded and are delivered again cannot come once a later one has begun', async () => {
    await run('return {};', { path: 'late' });
    await run('return {};', { path: 'late', attempt: 2 });
    expect(await failureOf(run('return {};', { path: 'late' }))).toMatchObject({ name: 'AttemptReplaced' });
  });

  it('keep metrics, and say which they do not keep', async () => {
    await run(`task.metrics({ loss: 0.5, bad: NaN }, 2); task.metrics({ auc: 0.9 }); return {};`, { path: 'measured' });
    const { items: metrics } = await fixture.stores.metadata.tasks.points(RUN, { path: 'measured' });
    expect(metrics.map(({ name, value, step }) => [name, value, step]).sort()).toEqual([
      ['auc', 0.9, 0],
      ['loss', 0.5, 2],
    ]);
    expect((await logOf(fixture.stores, 'measured'))[0]?.text).toContain(`Metric 'bad' is NaN`);
  });
});

describe('logs', () => {
  it('are kept up to the last flush when the process is killed', async () => {
    const body = `console.log('before'); await new Promise((r) => setTimeout(r, 50)); process.kill(process.pid, 'SIGKILL');
await new Promise(() => {});`;
    await failureOf(run(body, { path: 'killed' }));
    expect((await logOf(fixture.stores, 'killed')).map(({ text }) => text)).toContain('before');
  });

  it('can be read while the task runs', async () => {
    const stop = new AbortController();
    const body = `console.log('now'); await new Promise((r) => task.signal.addEventListener('abort', r)); return {};`;
    const running = failureOf(run(body, { path: 'live', signal: stop.signal }));
    await expect.poll(async () => (await logOf(fixture.stores, 'live')).length, { timeout: 10_000 }).toBe(1);
    stop.abort();
    await running;
  });

  it('of any length are cut, in chunks, without a line lost before the cut', async () => {
    const body = `
const line = 'y'.repeat(99);
for (let i = 0; i < 20_000; i++) console.log(line);
console.log('x'.repeat(100_000));
return {};`;
    await run(body, { path: 'huge' });
    const lines = await logOf(fixture.stores, 'huge');
    expect(lines).toHaveLength(20_001);
    expect(lines.at(-1)?.text).toMatch(/^x{16384}… \(83616 more characters\)$/);
  });
});

describe('scratch folders', () => {
  it('are gone when the attempt has ended', async () => {
    const body = `require('node:fs').writeFileSync(task.scratch + '/here', 'x'); return { scratch: task.scratch };`;
    const { scratch } = (await run(body)) as { scratch: string };
    expect(scratch.startsWith(fixture.home)).toBe(true);
    expect(existsSync(scratch)).toBe(false);
  });
});

async function expectGone(pid: number): Promise<void> {
  await expect.poll(() => spawnSync('kill', ['-0', String(pid)]).status, { timeout: 5_000 }).not.toBe(0);
}
