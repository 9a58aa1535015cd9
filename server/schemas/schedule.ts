import { z } from 'zod';
import { NAME } from '../../ir/name.ts';
import { OVERLAP_POLICIES } from '../../ir/schedule.ts';
import { scheduleSpecSchema } from '../../ir/schema.ts';
import { CHANGES } from '../../store/metadata/change-log.ts';
import type { Schedule, ScheduleChange } from '../../store/metadata/schedule-table.ts';
import type { ScheduleTiming } from '../temporal/schedule-gateway.ts';
import { jsonObject, pageOf, pageQuery } from './json.ts';
import { priority } from './run.ts';

/** Ids of runs begin with it, and have room for 128 characters. */
const LONGEST_NAME = 100;
const scheduleName = z.string().max(LONGEST_NAME).regex(NAME, 'has to be a letter, then letters, digits, _ and -');
const note = z.string().max(1_000).nullable();
const version = z.int().positive().nullable();
const duration = z.union([z.number(), z.string()]);

function oneOrMore<T>(one: z.ZodType<T>) {
  return z.union([one, z.array(one)]).exactOptional();
}

const field = z.string().exactOptional();
const calendar = z.strictObject({
  ...{ second: field, minute: field, hour: field, dayOfMonth: field, month: field, dayOfWeek: field, year: field },
});

/** As `ScheduleInput` has it; what the texts say is checked by `readSchedule`. */
const times = {
  cron: oneOrMore(z.string()),
  interval: oneOrMore(z.strictObject({ every: duration, offset: duration.exactOptional() })),
  calendar: oneOrMore(calendar),
  timezone: z.string().exactOptional(),
  start: z.string().nullable().exactOptional(),
  end: z.string().nullable().exactOptional(),
  jitter: duration.exactOptional(),
  overlap: z.enum(OVERLAP_POLICIES).exactOptional(),
  catchUp: duration.exactOptional(),
};

export const createScheduleSchema = z.strictObject({
  name: scheduleName,
  pipeline: z.string(),
  /** Null takes the newest at each start. */
  version: version.default(null),
  params: jsonObject.default({}),
  priority: priority.default(null),
  paused: z.boolean().default(false),
  note: note.default(null),
  ...times,
});
export type CreateSchedule = z.input<typeof createScheduleSchema>;

/** What is given changes, and nothing else; parameters, and times, are given as a whole. */
export const updateScheduleSchema = z.strictObject({
  /** That was read: a change that came in between is not written over. */
  generation: z.int().positive(),
  pipeline: z.string().exactOptional(),
  version: version.exactOptional(),
  params: jsonObject.exactOptional(),
  priority: priority.exactOptional(),
  note: note.exactOptional(),
  ...times,
});
export type UpdateSchedule = z.input<typeof updateScheduleSchema>;

export const pauseScheduleSchema = z.strictObject({ note: note.default(null) });

const schedule = {
  name: z.string(),
  generation: z.int(),
  pipeline: z.string(),
  version: z.int().nullable(),
  params: jsonObject,
  spec: scheduleSpecSchema,
  priority: z.int().nullable(),
  paused: z.boolean(),
  note: z.string().nullable(),
  updatedAt: z.number(),
  updatedBy: z.string(),
};
const scheduleSchema: z.ZodType<Schedule> = z.object(schedule);

const timingSchema: z.ZodType<ScheduleTiming> = z.object({
  generation: z.int().nullable(),
  paused: z.boolean(),
  note: z.string().nullable(),
  next: z.array(z.number()),
  recent: z.array(z.object({ workflowId: z.string(), scheduledAt: z.number(), startedAt: z.number() })),
  running: z.array(z.string()),
  taken: z.int(),
  missedCatchUp: z.int(),
  skippedOverlap: z.int(),
});

/** A schedule as it is to be, and what Temporal tells of it: null while it is away. Notices are for people. */
export const scheduleStateSchema = z.object({
  schedule: scheduleSchema,
  timing: timingSchema.nullable(),
  notices: z.array(z.string()),
});
export type ScheduleState = z.infer<typeof scheduleStateSchema>;

export const scheduleListQuery = z.object(pageQuery);
export const scheduleListSchema = pageOf<ScheduleState>(scheduleStateSchema);

export const scheduleHistoryQuery = z.object(pageQuery);
export const scheduleHistorySchema = pageOf<ScheduleChange>(z.object({ ...schedule, change: z.enum(CHANGES) }));

/** `started`: whether Temporal has started the run already; it may yet, unless a run that goes on keeps it from it. */
export const triggeredSchema = z.object({ runId: z.string(), logicalTime: z.string(), started: z.boolean() });
export type Triggered = z.infer<typeof triggeredSchema>;
