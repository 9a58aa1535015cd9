import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { killTree } from '../../platform/signals.ts';
import type { ApiClient, RunDetail, SubmittedRun } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { makeHome } from '../make-folder.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import type { Place } from '../place.ts';
import { startApiAlone } from '../system/api-alone.ts';
import { apiClient } from '../system/api-client.ts';
import { entryPoint } from '../system/entry-points.ts';
import { stores } from '../system/part-specs.ts';
import { runningApi } from '../system/with-api.ts';
import { watchRun } from '../watch/watch-run.ts';
import { graceText } from './grace.ts';
import { policiesOf } from './policies-of.ts';

/** Runs a pipeline without Temporal: the API for the stores, and one process that executes the run. */
export async function withLocalRunner(
  place: Place,
  submit: (client: ApiClient) => Promise<SubmittedRun>,
  options: FormatOptions,
): Promise<RunDetail> {
  const running = await runningApi(place, true);
  const api = running === null ? await startApiAlone(place) : null;
  try {
    const client = running ?? apiClient(api?.url ?? '', place.project);
    const { run } = await submit(client);
    process.stderr.write(`${run.pipeline} version ${run.pipelineVersion}, local run ${run.id}\n`);
    return await executeLocally(place, client, run.id, options);
  } finally {
    await api?.stop();
  }
}

/** Ctrl-C asks the runner to cancel the run, which then ends as cancelled; a second one does not wait for its tasks. */
async function executeLocally(
  place: Place,
  client: ApiClient,
  runId: string,
  options: FormatOptions,
): Promise<RunDetail> {
  const logFile = join(place.home, 'logs', `local-${runId}.log`);
  makeHome(place.home);
  const runner = spawnRunner(place, runId, logFile);
  const interrupts = passInterrupts(runner);
  const ended = once(runner, 'exit').then(([code, signal]) =>
    code === 0
      ? null
      : brokenAfter(client, runId, {
          interrupts: interrupts.count(),
          how: signal === null ? `status ${code}` : `signal ${signal}`,
          logFile,
        }),
  );
  const broken = ended.then((error) => error ?? new Promise<never>(() => {})).then((error) => Promise.reject(error));
  broken.catch(() => {});
  try {
    const stream = formatOf(options) === 'table' ? process.stdout : process.stderr;
    const policies = await policiesOf(client, runId);
    const { signal } = new AbortController();
    const detail = await watchRun(client, runId, { stream, signal, policies, broken });
    // Whoever reads the run of a process that is gone ends it: the watching may have done so before the process was missed.
    const error = await ended;
    if (error !== null) throw error;
    // A runner has something to say only when something is amiss.
    if (statSync(logFile, { throwIfNoEntry: false })?.size === 0) rmSync(logFile);
    return detail;
  } finally {
    interrupts.close();
    runner.kill('SIGKILL');
  }
}

/** How long after a second Ctrl-C the runner has to write down how the run ended. */
const LAST_WORD_MS = 2_000;

function passInterrupts(runner: ChildProcess) {
  let count = 0;
  let last: NodeJS.Timeout | undefined;
  const interrupt = (): void => {
    count++;
    if (count === 1)
      process.stderr.write(`Stopping: handlers have ${graceText()} to end. Ctrl-C again ends them now.\n`);
    if (count === 2) last = setTimeout(() => killTree(runner.pid ?? 0), LAST_WORD_MS);
    if (count <= 2) runner.kill('SIGTERM');
  };
  process.on('SIGINT', interrupt);
  return {
    count: () => count,
    close: () => {
      clearTimeout(last);
      process.off('SIGINT', interrupt);
    },
  };
}

function spawnRunner(place: Place, runId: string, logFile: string) {
  const log = openSync(logFile, 'a');
  const runner = spawn(process.execPath, ['--enable-source-maps', entryPoint('local')], {
    env: { ...process.env, ...stores(place), MILLRACE_RUN_ID: runId },
    stdio: ['ignore', log, log, 'ipc'],
    detached: process.platform !== 'win32',
  });
  closeSync(log);
  return runner;
}

interface RunnerEnd {
  readonly how: string;
  /** Ctrl-C's before it. */
  readonly interrupts: number;
  readonly logFile: string;
}

/**
 * The runner has ended and not written how the run did: by reading the run now, the API ends it.
 *
 * @returns What to tell of it, or null where the run ended well or as cancelled all the same.
 */
async function brokenAfter(client: ApiClient, runId: string, end: RunnerEnd): Promise<CliError | null> {
  // It may not have got as far as to hear that it was to stop.
  const run = end.interrupts > 0 ? await client.cancelRun(runId) : (await client.run(runId)).run;
  if (run.endedAt !== null && run.status !== 'failed') return null;
  const written = await readFile(end.logFile, 'utf8').catch(() => '');
  const last = written.trimEnd().split('\n').at(-1)?.slice(0, 300) ?? '';
  const said = last === '' ? 'It had written nothing to its log.' : last;
  return new CliError(
    EXIT.runFailed,
    `The process of local run ${runId} ended with ${end.how} before the run. ${said}`,
    {
      next: `Its log is ${end.logFile}. Retry: millrace runs retry ${runId} --local`,
    },
  );
}
