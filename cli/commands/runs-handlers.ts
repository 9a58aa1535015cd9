import { isJsonObject, type JsonObject } from '../../ir/json.ts';
import { nearestName } from '../../ir/nearest-name.ts';
import { DEFAULT_PRIORITY } from '../../ir/protocol/slots.ts';
import type { ApiClient, Run, RunDetail } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { durationText, momentText } from '../output/durations.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { moreText } from '../output/more-text.ts';
import { print } from '../output/print.ts';
import { table } from '../output/table.ts';
import { collectParams } from '../params/collect-params.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { findTask } from '../submit/find-task.ts';
import { exitCodeOf, followRun } from '../submit/follow-run.ts';
import { noSuchTask } from '../submit/no-such-task.ts';
import { printRun } from '../submit/print-run.ts';
import { resultSections } from '../submit/run-results.ts';
import { runSummary } from '../submit/run-summary.ts';
import { withApi, withSystem } from '../system/with-api.ts';
import { needsSystem, noSystem, noteNoSystem } from '../watch/no-system.ts';
import { runPicture } from '../watch/run-picture.ts';
import { statusText } from '../watch/run-status.ts';
import { colorsFor } from '../watch/screen.ts';
import { taskText, valueLines } from '../watch/task-text.ts';

type Common = PlaceOptions & FormatOptions;

export interface ListOptions extends Common {
  readonly pipeline?: string;
  readonly schedule?: string;
  readonly backfill?: string;
  readonly partition?: string;
  readonly status?: 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly limit: number;
  readonly cursor?: string;
}

export async function listRuns(options: ListOptions): Promise<void> {
  const { pipeline, schedule, backfill, partition, status, cursor } = options;
  const filter = {
    limit: options.limit,
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(backfill === undefined ? {} : { backfill }),
    ...(partition === undefined ? {} : { partition }),
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
      statusText(run),
      momentText(run.createdAt),
      run.startedAt !== null && run.endedAt !== null ? durationText(run.endedAt - run.startedAt) : '-',
      `${run.pipelineVersion}`,
      `${run.priority ?? DEFAULT_PRIORITY}`,
      run.schedule ?? run.backfill ?? '-',
      run.partition ?? '-',
      run.name ?? '-',
    ]);
    const more = moreText('millrace runs list', { pipeline, schedule, backfill, partition, status }, page.cursor);
    return rows.length === 0
      ? 'No runs.'
      : table(
          ['RUN', 'STATUS', 'CREATED (UTC)', 'TOOK', 'VERSION', 'PRIORITY', 'STARTED BY', 'PARTITION', 'NAME'],
          rows,
        ) + more;
  });
}

export interface GetOptions extends Common {
  readonly watch?: boolean;
  readonly path?: string;
  readonly values?: boolean;
}

export async function getRun(id: string, options: GetOptions): Promise<void> {
  if (options.path !== undefined) return getTask(id, options.path, options);
  if (options.values === true) return getValues(id, options);
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
    [
      ...originLines(detail.run),
      options.watch === true ? runSummary(detail) : picture(detail),
      ...resultSections(detail),
    ].join('\n');
  await printRun(format, detail, text);
  if (options.watch === true) process.exitCode = exitCodeOf(detail);
}

/** What started it, where nobody did, what it is of, and the priority that it was given. */
function originLines({ schedule, backfill, partition, logicalTime, priority, retryOf }: Run): readonly string[] {
  const by = retryOf === null ? 'started by' : 'of';
  return [
    ...(schedule === null ? [] : [`${by} schedule ${schedule} for ${logicalTime}`]),
    ...(backfill === null ? [] : [`of backfill ${backfill}`]),
    ...(partition === null ? [] : [`for partition ${partition}`]),
    ...(priority === null ? [] : [`priority ${priority}`]),
  ];
}

/** One task of a run, with its values whole, and its attempts. */
async function getTask(id: string, path: string, options: Common): Promise<void> {
  const { task, attempts } = await withApi(findPlace(options), async (client) => {
    const found = await findTask(client, id, path);
    if (found === null) throw noSuchTask(await client.run(id), path, 'task');
    return { task: found, attempts: (await client.attempts(id, path)).items };
  });
  await print(formatOf(options), { task, attempts }, () => taskText(task, attempts));
}

/** What a run was given and what it gave, whole. */
async function getValues(id: string, options: Common): Promise<void> {
  const { params, output } = await withApi(findPlace(options), (client) => client.runValues(id));
  await print(formatOf(options), { params, output }, () => valueLines({ params, output }).join('\n'));
}

function picture(detail: RunDetail): string {
  const { stdout } = process;
  const size = { width: stdout.columns ?? 160, height: Number.POSITIVE_INFINITY };
  return [
    ...runPicture(detail, { now: Date.now(), colors: colorsFor(stdout), ...size }),
    runSummary(detail, Infinity),
  ].join('\n');
}

/** What can be said while no system is up: a run that has ended needs none. */
export async function endedRun(client: ApiClient, id: string): Promise<Run | null> {
  const { run } = await client.run(id);
  return run.endedAt === null ? null : run;
}

export async function approve(
  id: string,
  path: string,
  words: readonly string[],
  options: Common & { reject?: boolean },
): Promise<void> {
  const place = findPlace(options);
  const decision = await withSystem(
    place,
    async (client) => {
      const detail = await client.run(id);
      if (detail.run.endedAt !== null) throw hasEnded(detail.run);
      const task = await findTask(client, id, path);
      if (task?.kind !== 'approval') throw noSuchTask(detail, path, 'approval');
      const form = await formOf(path, task.detail.form, words);
      return client.decide(id, { path, approved: options.reject !== true, form });
    },
    async (client) => {
      const run = await endedRun(client, id);
      if (run === null) return null;
      throw hasEnded(run);
    },
  );
  await print(
    formatOf(options),
    decision,
    () => `${path}: ${decision.approved ? 'approved' : 'rejected'} by ${decision.by ?? 'nobody'}.`,
  );
}

function hasEnded({ id, status }: Run): CliError {
  return new CliError(EXIT.badInput, `Run ${id} has ended (${status}): nothing in it waits for a decision.`);
}

/** @throws CliError for fields that the form does not have. Null where it asks for nothing. */
async function formOf(path: string, schema: unknown, words: readonly string[]): Promise<JsonObject | null> {
  const known = isJsonObject(schema) && isJsonObject(schema.properties) ? Object.keys(schema.properties) : [];
  const names = words.map((word) => word.split('=')[0] ?? '');
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const near = nearestName(unknown, known);
    const takes = known.length === 0 ? 'It asks for nothing: leave the words out.' : `It asks for ${known.join(', ')}.`;
    const next = near === null ? takes : `Did you mean ${near}? ${takes}`;
    throw new CliError(EXIT.badInput, `The form of ${path} has no field '${unknown}'.`, { next });
  }
  return isJsonObject(schema) ? collectParams(schema, { assignments: words, file: undefined }, process.cwd()) : null;
}
