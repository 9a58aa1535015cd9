import type { JsonObject } from './json.ts';

/** What happens to a start that comes while the schedule's run before is still going. */
export const OVERLAP_POLICIES = ['skip', 'bufferOne', 'allow', 'cancelOther'] as const;
export type OverlapPolicy = (typeof OVERLAP_POLICIES)[number];

/** Every so often, counted from the Unix epoch: an hour with an offset of five minutes is five past every hour. */
export interface ScheduleInterval {
  readonly everyMs: number;
  readonly offsetMs: number;
}

/** Times by the fields of their date and clock, each written as in a cron line; all of them have to fit. */
export interface ScheduleCalendar {
  readonly second: string;
  readonly minute: string;
  readonly hour: string;
  readonly dayOfMonth: string;
  readonly month: string;
  readonly dayOfWeek: string;
  readonly year: string;
}

/** When a schedule starts runs, and how. A time that several of its lines name is one time. */
export interface ScheduleSpec {
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly cron: readonly string[];
  readonly intervals: readonly ScheduleInterval[];
  readonly calendars: readonly ScheduleCalendar[];
  /** An IANA name, for cron lines and calendars. */
  readonly timezone: string;
  /** ISO 8601 in UTC: no time before it. */
  readonly start: string | null;
  /** ISO 8601 in UTC: no time after it. */
  readonly end: string | null;
  /** Each start is put off by a random time up to this. The time that the run is for stays as it is. */
  readonly jitterMs: number;
  readonly overlap: OverlapPolicy;
  /** How late a start may be that was missed while Temporal was down. One that is later is left out. */
  readonly catchUpMs: number;
}

/** The schedule in a pipeline's file. It starts runs once it has been applied. */
export interface DeclaredSchedule {
  readonly name: string;
  readonly spec: ScheduleSpec;
  /** As they were given: defaults are filled in at each start. */
  readonly params: JsonObject;
  readonly paused: boolean;
  readonly note: string | null;
}
