import { dirname, resolve } from 'node:path';
import { isJsonObject, type JsonObject, type JsonSchema } from '../../ir/json.ts';
import type { ScheduleInput } from '../../ir/read-schedule.ts';
import type { ScheduleSpec } from '../../ir/schedule.ts';
import { type ApiClient, ApiError, type ScheduleState } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { collectParams } from '../params/collect-params.ts';
import { findPlace } from '../place.ts';
import type { Submittable } from '../submit/compiled-file.ts';
import { loadPipeline } from '../submit/load-pipeline.ts';
import { isPipelineFile } from '../submit/pipeline-file.ts';
import { uploadPipeline } from '../submit/upload-pipeline.ts';
import { withApi } from '../system/with-api.ts';
import { type PriorityOptions, priorityIn } from './priority-option.ts';
import { type TimesOptions, timesOf } from './schedule-times.ts';
import { type Common, printState } from './schedules-handlers.ts';

interface SettingOptions extends Common {
  readonly version?: string;
  readonly param?: readonly string[];
}

export interface CreateOptions extends SettingOptions, TimesOptions, PriorityOptions {
  readonly paused?: boolean;
  readonly note?: string;
}

export async function createSchedule(
  name: string,
  pipeline: string | undefined,
  options: CreateOptions,
): Promise<void> {
  if (pipeline === undefined) return createDeclared(name, options);
  const create = async (client: ApiClient) => {
    const target = isPipelineFile(pipeline)
      ? await fromFile(client, pipeline, await loadPipeline(pipeline), options)
      : await fromName(client, pipeline, options);
    const { paused = false, note = null } = options;
    return client.createSchedule({ name, ...target, paused, note, ...priorityIn(options), ...timesOf(options) });
  };
  const state = await withApi(findPlace(options), create, { writes: isPipelineFile(pipeline) });
  await printState(options, state);
}

async function createDeclared(file: string, options: CreateOptions): Promise<void> {
  if (!isPipelineFile(file)) {
    throw new CliError(EXIT.badInput, `Which pipeline is schedule ${file} to start?`, {
      next: `millrace schedules create ${file} PIPELINE --cron '0 3 * * *'; or name a pipeline file that has a schedule.`,
    });
  }
  const create = async (client: ApiClient) => {
    const { declared, ...target } = await declaredIn(client, file, options);
    const { name, spec, paused, note } = declared;
    const given = { ...priorityIn(options), ...timesOf(options) };
    const changed = { paused: options.paused ?? paused, note: options.note ?? note, ...given };
    return client.createSchedule({ name, ...target, ...inputOf(spec), ...changed });
  };
  const state = await withApi(findPlace(options), create, { writes: true });
  await printState(options, state);
}

/** Whether it is paused, the note that says why, and its priority are left to whoever set them. */
export async function applySchedule(file: string, options: SettingOptions): Promise<void> {
  const apply = async (client: ApiClient) => {
    const { declared, ...target } = await declaredIn(client, file, options);
    const { name, spec, paused, note } = declared;
    const before = await existing(client, name);
    const times = inputOf(spec);
    if (before === null) return client.createSchedule({ name, ...target, paused, note, ...times });
    return client.updateSchedule(name, { generation: before.schedule.generation, ...target, ...times });
  };
  const state = await withApi(findPlace(options), apply, { writes: true });
  await printState(options, state);
}

export async function updateSchedule(name: string, options: CreateOptions): Promise<void> {
  const { note, param } = options;
  const state = await withApi(findPlace(options), async (client) => {
    const { schedule } = await client.schedule(name);
    const version = versionOf(options.version);
    const target = version === undefined ? schedule.version : version;
    const params = param && { ...schedule.params, ...(await named(client, schedule.pipeline, target, param)) };
    return client.updateSchedule(name, {
      generation: schedule.generation,
      ...(version === undefined ? {} : { version }),
      ...(params === undefined ? {} : { params }),
      ...(note === undefined ? {} : { note }),
      ...priorityIn(options),
      ...timesOf(options),
    });
  });
  await printState(options, state);
}

/** What a schedule starts. */
interface Target {
  readonly pipeline: string;
  readonly version: number | null;
  readonly params: JsonObject;
}

/** Of a pipeline that was submitted: the newest at each start, unless one is named. */
async function fromName(client: ApiClient, pipeline: string, options: SettingOptions): Promise<Target> {
  const version = versionOf(options.version) ?? null;
  return { pipeline, version, params: await named(client, pipeline, version, options.param ?? []) };
}

/**
 * Of a file: what is in it now, unless `latest` is asked for.
 *
 * @param given parameters that the file's own schedule gives
 */
async function fromFile(
  client: ApiClient,
  file: string,
  loaded: Submittable,
  options: SettingOptions,
  given: JsonObject = {},
): Promise<Target> {
  const { ir } = loaded.compiled;
  const assignments = { assignments: options.param ?? [], file: undefined };
  const collected = await collectParams(withDefaults(ir.params, given), assignments, dirname(resolve(file)));
  const asked = versionOf(options.version);
  const { version } = await uploadPipeline(client, loaded);
  return { pipeline: ir.name, version: asked === undefined ? version : asked, params: { ...given, ...collected } };
}

async function declaredIn(client: ApiClient, file: string, options: SettingOptions) {
  const loaded = await loadPipeline(file);
  const { name, schedule: declared } = loaded.compiled.ir;
  if (declared !== null) {
    return { declared, ...(await fromFile(client, file, loaded, options, declared.params)) };
  }
  throw new CliError(EXIT.badInput, `Pipeline ${name} in ${file} has no schedule.`, {
    next: `Give it one in definePipeline (schedule: { cron: '0 3 * * *' }), or: millrace schedules create NAME ${file} --cron …`,
  });
}

/** Paths in a file's own schedule are seen from the file, as defaults are. */
function withDefaults(schema: JsonSchema, values: JsonObject): JsonSchema {
  const properties = Object.entries(isJsonObject(schema.properties) ? schema.properties : {}).map(
    ([name, property]) => {
      const value = values[name];
      return [
        name,
        isJsonObject(property) && value !== undefined ? { ...property, default: value } : property,
      ] as const;
    },
  );
  return { ...schema, properties: Object.fromEntries(properties) };
}

/** Only what was named: all else is the version's own, at each start. */
export async function named(client: ApiClient, pipeline: string, version: number | null, words: readonly string[]) {
  const { compiled } = await client.pipeline(pipeline, version ?? undefined);
  const given = await collectParams(compiled.ir.params, { assignments: words, file: undefined }, process.cwd());
  const names = new Set(words.map((word) => word.split('=')[0]));
  return Object.fromEntries(Object.entries(given).filter(([name]) => names.has(name)));
}

async function existing(client: ApiClient, name: string): Promise<ScheduleState | null> {
  try {
    return await client.schedule(name);
  } catch (error) {
    if (error instanceof ApiError && error.code === 'notFound') return null;
    throw error;
  }
}

function inputOf({ cron, intervals, calendars, timezone, start, end, jitterMs, overlap, catchUpMs }: ScheduleSpec) {
  return {
    cron: [...cron],
    interval: intervals.map(({ everyMs, offsetMs }) => ({ every: everyMs, offset: offsetMs })),
    calendar: [...calendars],
    ...{ timezone, start, end, jitter: jitterMs, overlap, catchUp: catchUpMs },
  } satisfies ScheduleInput;
}

/** Null is `latest`. */
export function versionOf(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'latest') return null;
  const version = Number(text);
  if (Number.isInteger(version) && version > 0) return version;
  throw new CliError(EXIT.badInput, `'${text}' is no version: a whole number from 1, or latest.`);
}
