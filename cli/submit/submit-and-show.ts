import type { ApiClient, RunDetail, SubmittedRun } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { print } from '../output/print.ts';
import type { Place } from '../place.ts';
import { apiClient } from '../system/api-client.ts';
import { findOrStartSystem } from '../system/find-or-start-system.ts';
import { runningApi } from '../system/with-api.ts';
import { exitCodeOf, followRun } from './follow-run.ts';
import { withLocalRunner } from './local-runner.ts';
import { printRun } from './print-run.ts';
import { runSummary } from './run-summary.ts';

/** How a new run is executed and shown. */
export interface ShowOptions extends FormatOptions {
  readonly local?: boolean;
  readonly watch?: boolean;
  readonly detach?: boolean;
}

export type Submit = (client: ApiClient, driver: 'temporal' | 'local') => Promise<SubmittedRun>;

/** @throws CliError for options that exclude each other: to be asked before anything is compiled. */
export function refuseContradiction({ detach, watch, local }: ShowOptions): void {
  if (detach !== true || (watch !== true && local !== true)) return;
  throw new CliError(EXIT.badInput, `--detach does not go with ${watch === true ? '--watch' : '--local'}.`);
}

/** Submits a run, where it is to run, and shows it to its end. */
export async function submitAndShow(place: Place, submit: Submit, options: ShowOptions): Promise<void> {
  const notices: string[] = [];
  const noted: Submit = async (client, driver) => {
    const submitted = await submit(client, driver);
    for (const notice of submitted.notices) process.stderr.write(`note: ${notice}\n`);
    notices.push(...submitted.notices);
    return submitted;
  };
  const show = (detail: RunDetail) => finish(detail, notices, options);
  if (options.local === true) return show(await withLocalRunner(place, (client) => noted(client, 'local'), options));
  if (options.detach === true) {
    return detached(await noted(required(await runningApi(place), place), 'temporal'), options);
  }
  await showOnSystem(place, noted, show, options);
}

/** On the system that is up. With nothing up, one is started for this run and ended after it. */
async function showOnSystem(
  place: Place,
  submit: Submit,
  show: (detail: RunDetail) => Promise<void>,
  options: FormatOptions,
): Promise<void> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const found = await findOrStartSystem(place, say);
  const client = found.kind === 'running' ? found.client : apiClient(found.system.urls.api, place.project);
  let isAbandoned = false;
  try {
    const { run } = await submit(client, 'temporal');
    say(`${run.pipeline} version ${run.pipelineVersion}, run ${run.id}`);
    const onInterrupt = found.kind === 'running' ? 'leave' : 'cancel';
    const detail = await followRun(client, run.id, { format: formatOf(options), onInterrupt });
    isAbandoned = detail.run.endedAt === null;
    await show(detail);
  } finally {
    if (found.kind === 'own') await found.end(client, !isAbandoned);
  }
}

function required(client: ApiClient | null, place: Place): ApiClient {
  if (client !== null) return client;
  throw new CliError(EXIT.unreachable, `--detach leaves the run to a system, and none of ${place.home} is up.`, {
    next: 'Start one with `millrace up --detach`.',
  });
}

function detached({ run, notices }: SubmittedRun, options: FormatOptions): Promise<void> {
  return print(
    formatOf(options),
    { run, notices },
    () => `${run.id}\nWatch it with: millrace runs get ${run.id} --watch`,
  );
}

async function finish(detail: RunDetail, notices: readonly string[], options: FormatOptions): Promise<void> {
  const format = formatOf(options);
  await printRun(format, detail, () => runSummary(detail), notices);
  process.exitCode = exitCodeOf(detail);
  if (process.exitCode === EXIT.runFailed && format !== 'table') process.stderr.write(`${runSummary(detail)}\n`);
}
