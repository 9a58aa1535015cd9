import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApiClient, createClient, type RunDetail, type SubmittedRun } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import type { Place } from '../place.ts';
import { startApiAlone } from '../system/api-alone.ts';
import { entryPoint } from '../system/entry-points.ts';
import { stores } from '../system/part-specs.ts';
import { runningApi } from '../system/with-api.ts';
import { watchRun } from '../watch/watch-run.ts';

/** Runs a pipeline without Temporal: the API for the stores, and one process that executes the run. */
export async function withLocalRunner(
  place: Place,
  submit: (client: ApiClient) => Promise<SubmittedRun>,
  options: FormatOptions,
): Promise<RunDetail> {
  const running = await runningApi(place);
  const api = running === null ? await startApiAlone(place) : null;
  try {
    const client = running ?? createClient(api?.url ?? '', place.project);
    const { run } = await submit(client);
    process.stderr.write(`${run.pipeline} version ${run.pipelineVersion}, local run ${run.id}\n`);
    return await executeLocally(place, client, run.id, options);
  } finally {
    await api?.stop();
  }
}

/** Ctrl-C asks the runner to cancel the run, which then ends as cancelled. */
async function executeLocally(
  place: Place,
  client: ApiClient,
  runId: string,
  options: FormatOptions,
): Promise<RunDetail> {
  const logFile = join(place.home, 'logs', 'local.log');
  const runner = spawnRunner(place, runId, logFile);
  const interrupt = (): void => void runner.kill('SIGTERM');
  process.on('SIGINT', interrupt);
  const gone = once(runner, 'exit').then(() => brokenAfter(client, runId, logFile));
  gone.catch(() => {});
  try {
    const stream = formatOf(options) === 'table' ? process.stdout : process.stderr;
    const detail = await watchRun(client, runId, { stream, signal: new AbortController().signal, broken: gone });
    if (runner.exitCode === null && runner.signalCode === null) await once(runner, 'exit');
    return detail;
  } finally {
    process.off('SIGINT', interrupt);
    runner.kill('SIGKILL');
  }
}

function spawnRunner(place: Place, runId: string, logFile: string) {
  mkdirSync(join(place.home, 'logs'), { recursive: true });
  const log = openSync(logFile, 'a');
  const runner = spawn(process.execPath, ['--enable-source-maps', entryPoint('local')], {
    env: { ...process.env, ...stores(place), MILLRACE_RUN_ID: runId },
    stdio: ['ignore', log, log, 'ipc'],
    detached: process.platform !== 'win32',
  });
  closeSync(log);
  return runner;
}

/** The runner has ended. That is well when the run has ended too; else nothing will ever end it. */
async function brokenAfter(client: ApiClient, runId: string, logFile: string): Promise<never> {
  const { run } = await client.run(runId);
  if (run.endedAt !== null) return new Promise<never>(() => {});
  const lines = (await readFile(logFile, 'utf8').catch(() => '')).trimEnd().split('\n');
  throw new CliError(
    EXIT.runFailed,
    `The process of local run ${runId} ended before the run: ${lines.at(-1)?.slice(0, 300) ?? ''}`,
    {
      next: `Its log is ${logFile}.`,
    },
  );
}
