import { setTimeout as delay } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '../../ir/json.ts';
import type { ApiClient, LogChunk, RunDetail } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { durationText, momentText } from '../output/durations.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { print } from '../output/print.ts';
import { table } from '../output/table.ts';
import { collectParams } from '../params/collect-params.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { followRun } from '../submit/follow-run.ts';
import { loadPipeline } from '../submit/load-pipeline.ts';
import { withLocalRunner } from '../submit/local-runner.ts';
import { runSummary } from '../submit/run-summary.ts';
import { uploadPipeline } from '../submit/upload-pipeline.ts';
import { withApi, withSystem } from '../system/with-api.ts';
import { needsSystem, noSystem, noteNoSystem } from '../watch/no-system.ts';
import { runPicture } from '../watch/run-picture.ts';
import { colorsFor } from '../watch/screen.ts';

type Common = PlaceOptions & FormatOptions;

export interface ListOptions extends Common {
  readonly pipeline?: string;
  readonly status?: 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly limit: string;
  readonly cursor?: string;
}

export async function listRuns(options: ListOptions): Promise<void> {
  const { pipeline, status, cursor } = options;
  const filter = {
    limit: Number(options.limit),
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
  await print(format, detail, () => (options.watch === true ? runSummary(detail) : picture(detail)));
  if (options.watch === true && detail.run.status !== 'succeeded' && detail.run.endedAt !== null)
    process.exitCode = EXIT.runFailed;
}

function picture(detail: RunDetail): string {
  const { stdout } = process;
  const size = { width: stdout.columns ?? 160, height: Number.POSITIVE_INFINITY };
  return [...runPicture(detail, { now: Date.now(), colors: colorsFor(stdout), ...size }), runSummary(detail)].join(
    '\n',
  );
}

export async function printLogs(id: string, options: Common & { path?: string; follow?: boolean }): Promise<void> {
  const format = formatOf(options);
  const path = options.path === undefined ? {} : { path: options.path };
  await withApi(findPlace(options), async (client, isUp) => {
    const chunks: LogChunk[] = [];
    const take = (page: readonly LogChunk[]): void => {
      if (format === 'table') for (const chunk of page) process.stdout.write(logText(chunk));
      else chunks.push(...page);
    };
    await readLogs(client, id, { ...path, isUp, follow: options.follow === true }, take);
    if (format !== 'table') await print(format, { chunks }, () => '');
  });
}

/**
 * Reads a run's logs from the beginning; following, until the run has ended and nothing is left.
 *
 * @throws CliError `unreachable` when there is more to come, and nothing up that it would come from.
 */
async function readLogs(
  client: ApiClient,
  id: string,
  { path, follow, isUp }: { path?: string; follow: boolean; isUp: boolean },
  take: (chunks: readonly LogChunk[]) => void,
): Promise<void> {
  const filter = path === undefined ? {} : { path };
  let after: string | null = null;
  for (let ended = false; ; ) {
    const page = await client.logs(id, after === null ? filter : { ...filter, after });
    take(page.chunks);
    after = page.cursor ?? after;
    if (page.chunks.length > 0) continue;
    if (!follow || ended) return;
    const { run } = await client.run(id);
    if (!isUp && needsSystem(run)) throw noSystem(id);
    ended = run.endedAt !== null;
    if (!ended) await delay(500);
  }
}

function logText({ path, attempt, lines }: LogChunk): string {
  const where = attempt > 1 ? `${path} (attempt ${attempt})` : path;
  return lines
    .map((line) => `${momentText(line.at).slice(11)} ${line.level.padEnd(5)} ${where}: ${line.text}\n`)
    .join('');
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
  options: Common & { file?: string; local?: boolean },
): Promise<void> {
  const place = findPlace(options);
  const submit = (driver: 'temporal' | 'local') => async (client: ApiClient) => {
    const old = (await client.run(id)).run;
    const version = options.file === undefined ? null : await uploadPipeline(client, await loadPipeline(options.file));
    const compiled = await client.pipeline(old.pipeline, version?.version ?? old.pipelineVersion);
    const params = await changedParams(compiled.compiled.ir.params, words);
    const compiledDigest = version?.compiledDigest ?? old.compiledDigest;
    return client.retryRun(id, { compiledDigest, params, driver });
  };
  if (options.local === true) {
    const detail = await withLocalRunner(place, submit('local'), options);
    await print(formatOf(options), detail, () => runSummary(detail));
    process.exitCode = detail.run.status === 'succeeded' ? EXIT.done : EXIT.runFailed;
    return;
  }
  const { run, notices } = await withSystem(place, submit('temporal'));
  await print(
    formatOf(options),
    { run, notices },
    () => `${run.id}\nWatch it with: millrace runs get ${run.id} --watch`,
  );
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
    const task = (await client.run(id)).tasks.find((each) => each.path === path);
    if (task === undefined) {
      throw new CliError(EXIT.badInput, `Run ${id} has no task ${path}.`, {
        next: `See them with \`millrace runs get ${id}\`.`,
      });
    }
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
