import { isJsonObject, type JsonObject, type JsonSchema } from '../ir/json.ts';
import { NAME } from '../ir/name.ts';
import type { Partitions } from '../ir/partitions.ts';
import { faultText, readParams } from '../ir/read-params.ts';
import { readSchedule } from '../ir/read-schedule.ts';
import type { DeclaredSchedule, ScheduleSpec } from '../ir/schedule.ts';
import { scheduleBreak } from '../ir/schedule-partitions.ts';
import { CompileError } from './compile-error.ts';
import { refuseUnknownKeys } from './known-keys.ts';
import { lower } from './lower.ts';
import { SCHEDULE_KEYS, type ScheduleOptions } from './pipeline.ts';

/**
 * The schedule of a pipeline's file, checked, with its defaults.
 *
 * @param schema of the pipeline's parameters
 * @throws CompileError `schedule`, or `unknownField` for an option that there is not, naming the pipeline.
 */
export function scheduleOf(
  pipeline: string,
  options: ScheduleOptions<unknown>,
  schema: JsonSchema,
  partitions: Partitions | null,
): DeclaredSchedule {
  const title = `The schedule of pipeline '${pipeline}'`;
  refuseUnknownKeys(title, options, SCHEDULE_KEYS);
  const { name = pipeline, params = {}, paused = false, note, ...times } = options;
  if (!NAME.test(name)) {
    throw refuse(`${title}: '${name}' is no name: a letter, then letters, digits, _ or -.`);
  }
  const unfit = scheduleBreak(partitions);
  if (unfit !== null) throw refuse(`${title}: ${unfit}.`);
  return { name, spec: specOf(title, times), params: paramsOf(title, params, schema), paused, note: note ?? null };
}

function specOf(title: string, times: Parameters<typeof readSchedule>[0]): ScheduleSpec {
  try {
    return readSchedule(times);
  } catch (error) {
    if (error instanceof RangeError) throw refuse(`${title}: ${error.message}.`);
    throw error;
  }
}

/**
 * As they are given: with defaults filled in, a later version's would never be seen. What is missing may still be given
 * where the schedule is applied.
 */
function paramsOf(title: string, value: unknown, schema: JsonSchema): JsonObject {
  const { binding } = lower(value, `${title}: params`);
  if (binding.kind !== 'literal' || !isJsonObject(binding.value)) {
    throw refuse(`${title}: params has to be an object of values; no task has run when a run starts.`);
  }
  const given = binding.value;
  const faults = readParams(schema, given).faults.filter(({ at }) => Object.hasOwn(given, at.split('.')[0] ?? ''));
  if (faults.length > 0) throw refuse(faultText(`${title}: its params do not fit`, faults));
  return given;
}

function refuse(message: string): CompileError {
  return new CompileError('schedule', message);
}
