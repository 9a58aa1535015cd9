import type { JsonObject } from '../../ir/json.ts';
import type { ApiClient, Run, SubmittedRun } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { collectParams } from '../params/collect-params.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { loadPipeline } from '../submit/load-pipeline.ts';
import { refuseContradiction, type ShowOptions, type Submit, submitAndShow } from '../submit/submit-and-show.ts';
import { uploadPipeline } from '../submit/upload-pipeline.ts';
import { withApi } from '../system/with-api.ts';

export interface AgainOptions extends PlaceOptions, ShowOptions {
  /** A pipeline file, in place of the old run's code. */
  readonly code?: string;
}

export interface RerunOptions extends AgainOptions {
  readonly from: readonly string[];
}

/** A new run that keeps what the old one finished. */
export async function retryRun(id: string, words: readonly string[], options: AgainOptions): Promise<void> {
  await again(id, options, async (client, { compiledDigest, params: schema }, driver) =>
    client.retryRun(id, { compiledDigest, params: await changedParams(schema, words), driver }),
  );
}

/** The same, but for what it is to run anew. */
export async function rerunRun(id: string, options: RerunOptions): Promise<void> {
  await again(id, options, (client, { compiledDigest }, driver) =>
    client.rerunRun(id, { from: [...options.from], compiledDigest, driver }),
  );
}

type Send = (
  client: ApiClient,
  version: { readonly compiledDigest: string; readonly params: JsonObject },
  driver: 'temporal' | 'local',
) => Promise<SubmittedRun>;

async function again(id: string, options: AgainOptions, send: Send): Promise<void> {
  refuseContradiction(options);
  const place = findPlace(options);
  const pipeline = options.code === undefined ? null : await loadPipeline(options.code);
  // A run that does not exist, or is of another pipeline, is no reason to start a system.
  const { run: old } = await withApi(place, (client) => client.run(id));
  if (pipeline !== null) refuseOtherPipeline(`${options.code}`, pipeline.compiled.ir.name, old);
  const submit: Submit = async (client, driver) => {
    const version = pipeline === null ? null : await uploadPipeline(client, pipeline);
    if (version !== null) process.stderr.write(`note: ${newestText(old.pipeline, version.version)}\n`);
    const compiled = await client.pipeline(old.pipeline, version?.version ?? old.pipelineVersion);
    const compiledDigest = version?.compiledDigest ?? old.compiledDigest;
    return send(client, { compiledDigest, params: compiled.compiled.ir.params }, driver);
  };
  await submitAndShow(place, submit, options);
}

/** What is uploaded for one run is what others get that ask for the newest. */
export function newestText(pipeline: string, version: number): string {
  return `This code is version ${version} of ${pipeline}. Where it is the newest, schedules and triggers on latest start it from now on.`;
}

function refuseOtherPipeline(file: string, name: string, run: Run): void {
  if (name === run.pipeline) return;
  throw new CliError(EXIT.badInput, `${file} holds pipeline '${name}', and run ${run.id} is of '${run.pipeline}'.`, {
    next: `Name the file of '${run.pipeline}', or run this one: millrace run ${file}`,
  });
}

/** Only what was named: all else is the old run's. */
async function changedParams(schema: JsonObject, words: readonly string[]): Promise<JsonObject> {
  const { default: _, ...rest } = schema;
  const given = await collectParams(rest, { assignments: words, file: undefined }, process.cwd());
  const named = new Set(words.map((word) => word.split('=')[0]));
  return Object.fromEntries(Object.entries(given).filter(([name]) => named.has(name)));
}
