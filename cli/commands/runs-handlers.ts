import { isJsonObject, type JsonObject } from '../../ir/json.ts';
import type { RunDetail } from '../../server/client.ts';
import { durationText, momentText } from '../output/durations.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { print } from '../output/print.ts';
import { table } from '../output/table.ts';
import { collectParams } from '../params/collect-params.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { exitCodeOf, followRun } from '../submit/follow-run.ts';
import { loadPipeline } from '../submit/load-pipeline.ts';
import { noSuchTask } from '../submit/no-such-task.ts';
import { resultSections, runDocument } from '../submit/run-results.ts';
import { runSummary } from '../submit/run-summary.ts';
import { refuseContradiction, type ShowOptions, type Submit, submitAndShow } from '../submit/submit-and-show.ts';
import { uploadPipeline } from '../submit/upload-pipeline.ts';
import { refuseNothing, withApi, withSystem } from '../system/with-api.ts';
import { needsSystem, noSystem, noteNoSystem } from '../watch/no-system.ts';
import { runPicture } from '../watch/run-picture.ts';
import { colorsFor } from '../watch/screen.ts';

type Common = PlaceOptions & FormatOptions;

export interface ListOptions extends Common {
  readonly pipeline?: string;
  readonly status?: 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly limit: number;
  readonly cursor?: string;
}

export async function listRuns(options: ListOptions): Promise<void> {
  const { pipeline, status, cursor } = options;
  const filter = {
    limit: options.limit,
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(status === undefined ? {} : { status }),
    ...(cursor === undefined ? {} : { cursor }),
  };
  const format = formatOf(options);
  const page = await withApi(findPlace(options), async (client, isUp) => {
    const runs = await client.runs(filter);
    if (!isUp && format === 'table') noteNoSystem(runs.items);
    return runs;
  });
  await print(format, page, () => {
    const rows = page.items.map((run) => [
      run.id,
      run.status,
      momentText(run.createdAt),
      run.startedAt !== null && run.endedAt !== null ? durationText(run.endedAt - run.startedAt) : '-',
      `${run.pipelineVersion}`,
      run.name ?? '-',
    ]);
    const more = page.cursor === null ? '' : `\nMore: millrace runs list --cursor ${page.cursor}`;
    return rows.length === 0
      ? 'No runs.'
      : table(['RUN', 'STATUS', 'CREATED (UTC)', 'TOOK', 'VERSION', 'NAME'], rows) + more;
  });
}

export async function getRun(id: string, options: Common & { watch?: boolean }): Promise<void> {
  const format = formatOf(options);
  const detail = await withApi(findPlace(options), async (client, isUp) => {
    const now = await client.run(id);
    if (options.watch === true) {
      if (!isUp && needsSystem(now.run)) throw noSystem(id);
      return followRun(client, id, { format, onInterrupt: 'leave' });
    }
    if (!isUp && format === 'table') noteNoSystem([now.run]);
    return now;
  });
  const text = () =>
    [options.watch === true ? runSummary(detail) : picture(detail), ...resultSections(detail)].join('\n');
  await print(format, runDocument(detail), text);
  if (options.watch === true) process.exitCode = exitCodeOf(detail);
}

function picture(detail: RunDetail): string {
  const { stdout } = process;
  const size = { width: stdout.columns ?? 160, height: Number.POSITIVE_INFINITY };
  return [...runPicture(detail, { now: Date.now(), colors: colorsFor(stdout), ...size }), runSummary(detail)].join(
    '\n',
  );
}

export async function cancelRun(id: string, options: Common): Promise<void> {
  const run = await withSystem(findPlace(options), (client) => client.cancelRun(id));
  await print(formatOf(options), { run }, () =>
    run.endedAt === null ? `${id} was asked to stop.` : `${id} has ended: ${run.status}.`,
  );
}

export async function retryRun(
  id: string,
  words: readonly string[],
  options: PlaceOptions & ShowOptions & { readonly file?: string },
): Promise<void> {
  refuseContradiction(options);
  const place = findPlace(options);
  const pipeline = options.file === undefined ? null : await loadPipeline(options.file);
  const submit: Submit = async (client, driver) => {
    const old = (await client.run(id)).run;
    const version = pipeline === null ? null : await uploadPipeline(client, pipeline);
    const compiled = await client.pipeline(old.pipeline, version?.version ?? old.pipelineVersion);
    const params = await changedParams(compiled.compiled.ir.params, words);
    const compiledDigest = version?.compiledDigest ?? old.compiledDigest;
    return client.retryRun(id, { compiledDigest, params, driver });
  };
  refuseNothing(place);
  await submitAndShow(place, submit, options);
}

/** Only what was named: all else is the old run's. */
async function changedParams(schema: JsonObject, words: readonly string[]): Promise<JsonObject> {
  const { default: _, ...rest } = schema;
  const given = await collectParams(rest, { assignments: words, file: undefined }, process.cwd());
  const named = new Set(words.map((word) => word.split('=')[0]));
  return Object.fromEntries(Object.entries(given).filter(([name]) => named.has(name)));
}

export async function approve(
  id: string,
  path: string,
  words: readonly string[],
  options: Common & { reject?: boolean },
): Promise<void> {
  const decision = await withSystem(findPlace(options), async (client) => {
    const detail = await client.run(id);
    const task = detail.tasks.find((each) => each.path === path);
    if (task === undefined) throw noSuchTask(detail, path, 'approval');
    const schema = isJsonObject(task.detail.form) ? task.detail.form : null;
    const form =
      schema === null ? null : await collectParams(schema, { assignments: words, file: undefined }, process.cwd());
    return client.decide(id, { path, approved: options.reject !== true, form });
  });
  await print(
    formatOf(options),
    decision,
    () => `${path}: ${decision.approved ? 'approved' : 'rejected'} by ${decision.by ?? 'nobody'}.`,
  );
}
