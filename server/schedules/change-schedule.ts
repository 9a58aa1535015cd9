import type { z } from 'zod';
import { readSchedule, type ScheduleInput } from '../../ir/read-schedule.ts';
import type { ScheduleSpec } from '../../ir/schedule.ts';
import { scheduleBreak } from '../../ir/schedule-partitions.ts';
import type { NewSchedule, Schedule, ScheduleSettings } from '../../store/metadata/schedule-table.ts';
import { ApiProblem } from '../http/problem.ts';
import { findVersion, loadCompiled } from '../runs/load-compiled.ts';
import { validateParams } from '../runs/validate-params.ts';
import type { createScheduleSchema, ScheduleState, updateScheduleSchema } from '../schemas/schedule.ts';
import type { ServerContext } from '../server-context.ts';
import { TemporalAway } from '../temporal/temporal-gateway.ts';
import { findSchedule } from './find-schedule.ts';
import { tellTemporal } from './tell-temporal.ts';

/** @throws ApiProblem for times, a version or parameters that are none, and for a name that is taken. */
export async function createSchedule(
  context: ServerContext,
  { name, pipeline, version, params, priority, paused, note, ...times }: z.output<typeof createScheduleSchema>,
): Promise<ScheduleState> {
  const settings = { pipeline, version, params, priority, paused, note, spec: specOf(name, times) };
  return keep(context, { ...settings, name, updatedBy: context.user }, 'created', null);
}

/** Changes what is given, and no run that goes on. */
export async function updateSchedule(
  context: ServerContext,
  name: string,
  { generation, pipeline, version, params, priority, note, ...times }: z.output<typeof updateScheduleSchema>,
): Promise<ScheduleState> {
  const before = await findSchedule(context, name);
  const settings: ScheduleSettings = {
    pipeline: pipeline ?? before.pipeline,
    version: version === undefined ? before.version : version,
    params: params ?? before.params,
    priority: priority === undefined ? before.priority : priority,
    paused: before.paused,
    note: note === undefined ? before.note : note,
    spec: specOf(name, times, before.spec),
  };
  return keep(context, { ...settings, name, updatedBy: context.user }, 'updated', generation);
}

/** Does nothing to one that is as it is asked to be, unless there is something new to note. */
export async function pauseSchedule(
  context: ServerContext,
  name: string,
  paused: boolean,
  note: string | null,
): Promise<ScheduleState> {
  const before = await findSchedule(context, name);
  if (before.paused === paused && (note === null || note === before.note)) return tellTemporal(context, before);
  const after = { ...before, paused, note, updatedBy: context.user };
  const kept = await context.metadata.schedules.set(after, paused ? 'paused' : 'unpaused', before.generation);
  return tellTemporal(context, kept);
}

/** Runs that go on, and those that have ended, stay. Where Temporal is away, it is told when it is back. */
export async function removeSchedule(context: ServerContext, name: string): Promise<Schedule> {
  const schedule = await findSchedule(context, name);
  await context.metadata.schedules.remove(name, context.user);
  await context.temporal?.schedules.remove(context.project, name).catch((error: unknown) => {
    if (!(error instanceof TemporalAway)) throw error;
  });
  return schedule;
}

async function keep(
  context: ServerContext,
  schedule: NewSchedule,
  change: 'created' | 'updated',
  expected: number | null,
): Promise<ScheduleState> {
  const by = { pipeline: schedule.pipeline, ...(schedule.version === null ? {} : { version: schedule.version }) };
  const { ir } = await loadCompiled(context, await findVersion(context, by));
  const unfit = scheduleBreak(ir.partitions);
  if (unfit !== null) {
    throw new ApiProblem('invalidSchedule', `Schedule ${schedule.name} of pipeline ${schedule.pipeline}: ${unfit}.`);
  }
  validateParams(schedule.pipeline, ir.params, schedule.params);
  return tellTemporal(context, await context.metadata.schedules.set(schedule, change, expected));
}

function specOf(name: string, times: ScheduleInput, before?: ScheduleSpec): ScheduleSpec {
  try {
    return readSchedule(times, before);
  } catch (error) {
    if (error instanceof RangeError) throw new ApiProblem('invalidSchedule', `Schedule ${name}: ${error.message}.`);
    throw error;
  }
}
