import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Run, RunDetail } from '../server/client.ts';
import { openStores } from '../store/open-stores.ts';
import { millrace, startMillrace } from './support/command-line.ts';
import { untilGone } from './support/embedded-system.ts';
import { until } from './support/until.ts';

const DEAF_PIPELINE = resolve('test/support/deaf-pipeline.suite.ts');

let folder = '';
let home = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-local-'));
  home = join(folder, 'home');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** `run --local` with its one task under way. */
async function startDeaf(env: NodeJS.ProcessEnv = {}) {
  const args = ['run', DEAF_PIPELINE, `folder=${folder}`, '--local', '--home', home, '--run-id', 'r'];
  const child = startMillrace(args, env);
  let err = '';
  child.stderr.on('data', (data) => {
    err += data;
  });
  const ended = once(child, 'close');
  const handler = await until(
    'the task runs',
    async () => Number(await readFile(join(folder, 'pids'), 'utf8').catch(() => '')) || null,
  );
  return { child, handler, said: () => err, code: async () => (await ended)[0] as number };
}

async function runnerOf(): Promise<NonNullable<Run['runner']>> {
  const stores = await openStores({ home, project: 'default' });
  const run = await stores.metadata.runs.get('r');
  await stores.close();
  if (!run?.runner) throw new Error('The run has no process.');
  return run.runner;
}

const stored = async (): Promise<RunDetail> =>
  JSON.parse((await millrace('runs', 'get', 'r', '--home', home, '-o', 'json')).out);

function expectNothingUnderWay({ tasks, attempts }: RunDetail): void {
  expect(tasks).toMatchObject([{ path: 'deaf', status: 'cancelled' }]);
  expect(attempts).toMatchObject([{ path: 'deaf', status: 'cancelled' }]);
}

it('ends the run when its process was killed', async () => {
  const { code, said } = await startDeaf();
  process.kill((await runnerOf()).pid, 'SIGKILL');
  expect(await code()).toBe(1);
  expect(said()).toContain('local-r.log');
  const detail = await stored();
  expect(detail.run).toMatchObject({ status: 'failed', error: expect.stringContaining('ended before the run did') });
  expectNothingUnderWay(detail);
});

it('ends the run for the next reader when command and process were killed', async () => {
  const { child, handler } = await startDeaf();
  const runner = await runnerOf();
  child.kill('SIGKILL');
  process.kill(runner.pid, 'SIGKILL');
  await untilGone(runner);
  await untilGone({ pid: handler, startedAt: null });
  const { out } = await millrace('runs', 'list', '--home', home);
  expect(out).toMatch(/^r +failed/m);
  expectNothingUnderWay(await stored());
});

it('cancels the run when the command alone was killed', async () => {
  const { child, handler } = await startDeaf({ MILLRACE_GRACE_MS: '500' });
  child.kill('SIGKILL');
  await untilGone(await runnerOf());
  await untilGone({ pid: handler, startedAt: null });
  const detail = await stored();
  expect(detail.run.status).toBe('cancelled');
  expectNothingUnderWay(detail);
});

it('says what Ctrl-C does, and ends everything at the second', async () => {
  // The handler never ends and has more time than the test: nothing but the second Ctrl-C can end it.
  const { child, handler, said, code } = await startDeaf({ MILLRACE_GRACE_MS: '3600000' });
  child.kill('SIGINT');
  await until('it says so', () => said().includes('Ctrl-C again ends them now.'));
  expect(said()).toContain('Stopping: handlers have 1 h to end.');
  expect([child.exitCode, process.kill(handler, 0)]).toEqual([null, true]);
  child.kill('SIGINT');
  expect(await code()).toBe(1);
  await untilGone({ pid: handler, startedAt: null });
  const detail = await stored();
  expect(detail.run.status).toBe('cancelled');
  expectNothingUnderWay(detail);
});
