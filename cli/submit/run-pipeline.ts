import { dirname, resolve } from 'node:path';
import type { JsonObject } from '../../ir/json.ts';
import { type ApiClient, createClient, type RunDetail, type SubmittedRun } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { print } from '../output/print.ts';
import { collectParams } from '../params/collect-params.ts';
import { findPlace, type Place, type PlaceOptions } from '../place.ts';
import { startSystem } from '../system/start-system.ts';
import { runningApi } from '../system/with-api.ts';
import type { Submittable } from './compiled-file.ts';
import { followRun } from './follow-run.ts';
import { loadPipeline } from './load-pipeline.ts';
import { withLocalRunner } from './local-runner.ts';
import { runDocument } from './run-results.ts';
import { runSummary } from './run-summary.ts';
import { uploadPipeline } from './upload-pipeline.ts';

export interface RunOptions extends PlaceOptions, FormatOptions {
  readonly param?: readonly string[];
  readonly params?: string;
  readonly name?: string;
  readonly runId?: string;
  readonly local?: boolean;
  readonly watch?: boolean;
  readonly detach?: boolean;
}

/** `millrace run`: compiles, submits, and shows the run to its end. */
export async function runPipeline(file: string, assignments: readonly string[], options: RunOptions): Promise<void> {
  if (options.detach === true && (options.watch === true || options.local === true)) {
    throw new CliError(EXIT.badInput, `--detach does not go with ${options.watch === true ? '--watch' : '--local'}.`);
  }
  const place = findPlace(options);
  const pipeline = await loadPipeline(file);
  const given = { assignments: [...assignments, ...(options.param ?? [])], file: options.params };
  const params = await collectParams(pipeline.compiled.ir.params, given, dirname(resolve(file)));
  const submit = (client: ApiClient, driver: 'temporal' | 'local') =>
    submitTo(client, pipeline, params, driver, options);

  if (options.local === true)
    return finish(await withLocalRunner(place, (client) => submit(client, 'local'), options), options);
  const running = await runningApi(place);
  if (options.detach === true) return detached(await submit(required(running, place), 'temporal'), options);
  const detail =
    running === null ? await inOwnSystem(place, submit, options) : await follow(running, submit, options, 'leave');
  return finish(detail, options);
}

type Submit = (client: ApiClient, driver: 'temporal' | 'local') => Promise<SubmittedRun>;

async function submitTo(
  client: ApiClient,
  pipeline: Submittable,
  params: JsonObject,
  driver: 'temporal' | 'local',
  options: RunOptions,
): Promise<SubmittedRun> {
  const version = await uploadPipeline(client, pipeline);
  const submitted = await client.submitRun({
    compiledDigest: version.compiledDigest,
    params,
    name: options.name ?? null,
    driver,
    ...(options.runId === undefined ? {} : { runId: options.runId }),
  });
  for (const notice of submitted.notices) process.stderr.write(`note: ${notice}\n`);
  return submitted;
}

async function follow(
  client: ApiClient,
  submit: Submit,
  options: RunOptions,
  onInterrupt: 'leave' | 'cancel',
): Promise<RunDetail> {
  const { run } = await submit(client, 'temporal');
  process.stderr.write(`${run.pipeline} version ${run.pipelineVersion}, run ${run.id}\n`);
  return followRun(client, run.id, { format: formatOf(options), onInterrupt });
}

/** With nothing up, a system is started for this run and ended after it. */
async function inOwnSystem(place: Place, submit: Submit, options: RunOptions): Promise<RunDetail> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  say('No system is up: starting one for this run. (`millrace up` keeps one.)');
  const system = await startSystem({ place, ports: { api: 0, serving: 0, temporal: 0 }, queues: null, say });
  try {
    return await follow(createClient(system.urls.api, place.project), submit, options, 'cancel');
  } finally {
    await system.stop();
  }
}

function required(client: ApiClient | null, place: Place): ApiClient {
  if (client !== null) return client;
  throw new CliError(EXIT.unreachable, `--detach leaves the run to a system, and none of ${place.home} is up.`, {
    next: 'Start one with `millrace up --detach`.',
  });
}

function detached({ run }: SubmittedRun, options: RunOptions): Promise<void> {
  return print(formatOf(options), { run }, () => `${run.id}\nWatch it with: millrace runs get ${run.id} --watch`);
}

async function finish(detail: RunDetail, options: RunOptions): Promise<void> {
  await print(formatOf(options), runDocument(detail), () => runSummary(detail));
  process.exitCode =
    detail.run.status === 'succeeded' ? EXIT.done : detail.run.endedAt === null ? EXIT.done : EXIT.runFailed;
}
