import {
  CALENDAR_FIELDS,
  type CalendarField,
  CRON_FIELDS,
  fieldText,
  fieldValues,
  hasSuchDay,
} from './calendar-field.ts';
import { type Duration, exactDuration, parseDuration } from './duration.ts';
import { nearestName } from './nearest-name.ts';
import {
  OVERLAP_POLICIES,
  type OverlapPolicy,
  type ScheduleCalendar,
  type ScheduleInterval,
  type ScheduleSpec,
} from './schedule.ts';
import { zoneName } from './time-zone.ts';

type OneOrMore<T> = T | readonly T[];

/** A schedule's times and policies as people write them, in a pipeline's file, on the command line and to the API. */
export interface ScheduleInput {
  /** Five fields: minute, hour, day of month, month, day of week. Where both days are named, either will do. */
  readonly cron?: OneOrMore<string>;
  /** `{ every: '1h', offset: '5m' }`, in whole seconds. */
  readonly interval?: OneOrMore<{ readonly every: Duration | string; readonly offset?: Duration | string }>;
  /** Fields as in a cron line; `second`, `minute` and `hour` are 0 when left out, all others `*`. All have to fit. */
  readonly calendar?: OneOrMore<Partial<ScheduleCalendar>>;
  /** An IANA name; `UTC` when left out. */
  readonly timezone?: string;
  /** ISO 8601 with its offset, `'2026-01-01T00:00:00+01:00'`; null for none. */
  readonly start?: string | null;
  readonly end?: string | null;
  /** None when left out. */
  readonly jitter?: Duration | string;
  /** `'skip'` when left out. */
  readonly overlap?: OverlapPolicy;
  /** One hour when left out; ten seconds at least. */
  readonly catchUp?: Duration | string;
}

const FROM_NOTHING: ScheduleSpec = {
  cron: [],
  intervals: [],
  calendars: [],
  timezone: 'UTC',
  start: null,
  end: null,
  jitterMs: 0,
  overlap: 'skip',
  catchUpMs: 3_600_000,
};
/** Temporal takes no less. */
const LEAST_CATCH_UP_MS = 10_000;

/**
 * A schedule's times and policies, checked. What is not given stays as it was `before`; times (cron, interval, calendar)
 * are given as a whole.
 *
 * @throws RangeError a sentence without its subject: `'61 * * * *' is no cron line: …`
 * @example readSchedule({ cron: '0 3 * * *', timezone: 'Europe/Berlin' }).overlap // 'skip'
 */
export function readSchedule(given: ScheduleInput, before: ScheduleSpec = FROM_NOTHING): ScheduleSpec {
  const spec: ScheduleSpec = {
    ...(timesOf(given) ?? { cron: before.cron, intervals: before.intervals, calendars: before.calendars }),
    timezone: given.timezone === undefined ? before.timezone : zoneOf(given.timezone),
    start: given.start === undefined ? before.start : momentOf('start', given.start),
    end: given.end === undefined ? before.end : momentOf('end', given.end),
    jitterMs: given.jitter === undefined ? before.jitterMs : lengthOf('jitter', given.jitter),
    overlap: given.overlap === undefined ? before.overlap : overlapOf(given.overlap),
    catchUpMs: given.catchUp === undefined ? before.catchUpMs : catchUpOf(given.catchUp),
  };
  if (spec.cron.length + spec.intervals.length + spec.calendars.length === 0) {
    throw new RangeError("it has no times; give cron ('0 3 * * *'), an interval ({ every: '1h' }) or a calendar");
  }
  if (spec.start !== null && spec.end !== null && spec.start >= spec.end) {
    throw new RangeError(`it ends (${spec.end}) before it starts (${spec.start})`);
  }
  return spec;
}

function timesOf({ cron, interval, calendar }: ScheduleInput) {
  if (cron === undefined && interval === undefined && calendar === undefined) return null;
  return {
    cron: listOf(cron).map(cronOf),
    intervals: listOf(interval).map(intervalOf),
    calendars: listOf(calendar).map(calendarOf),
  };
}

function listOf<T>(given: OneOrMore<T> | undefined): readonly T[] {
  if (given === undefined) return [];
  return Array.isArray(given) ? given : [given as T];
}

function cronOf(line: string): string {
  const fields = typeof line === 'string' ? line.trim().split(/\s+/) : [];
  if (fields.length !== CRON_FIELDS.length) {
    throw new RangeError(
      `'${line}' is no cron line; give five fields: minute, hour, day of month, month, day of week, as '0 3 * * *'`,
    );
  }
  const texts = CRON_FIELDS.map((field, index) => fieldOf(`'${line}' is no cron line`, field, fields[index] ?? ''));
  const [, , day = '*', month = '*', weekday = '*'] = texts;
  // Where both days are named, either will do, and some weekday always comes.
  if (weekday === '*') refuseNever(`'${line}'`, day, month);
  return texts.join(' ');
}

function calendarOf(given: Partial<ScheduleCalendar>): ScheduleCalendar {
  const shown = `calendar ${JSON.stringify(given)}`;
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(CALENDAR_FIELDS, name));
  if (unknown !== undefined) {
    const near = nearestName(unknown, Object.keys(CALENDAR_FIELDS));
    throw new RangeError(
      `${shown} has a field '${unknown}', which there is not${near === null ? '' : `; did you mean ${near}?`}`,
    );
  }
  const field = (name: CalendarField, absent: string) => fieldOf(`${shown} is none`, name, given[name] ?? absent);
  const calendar = {
    second: field('second', '0'),
    minute: field('minute', '0'),
    hour: field('hour', '0'),
    dayOfMonth: field('dayOfMonth', '*'),
    month: field('month', '*'),
    dayOfWeek: field('dayOfWeek', '*'),
    year: field('year', '*'),
  };
  refuseNever(shown, calendar.dayOfMonth, calendar.month);
  return calendar;
}

function fieldOf(what: string, field: CalendarField, given: string): string {
  const text = String(given).trim();
  if (fieldValues(field, text) !== null) return text;
  throw new RangeError(`${what}: '${text}' is no ${CALENDAR_FIELDS[field].label}, which is ${fieldText(field)}`);
}

function refuseNever(what: string, day: string, month: string): void {
  if (hasSuchDay(fieldValues('dayOfMonth', day) ?? [], fieldValues('month', month) ?? [])) return;
  throw new RangeError(`${what} names a day that never comes`);
}

const INTERVAL_KEYS: readonly string[] = ['every', 'offset'];

function intervalOf(given: { every: Duration | string; offset?: Duration | string }): ScheduleInterval {
  const unknown = Object.keys(given).find((key) => !INTERVAL_KEYS.includes(key));
  if (unknown !== undefined) throw new RangeError(`its interval has no '${unknown}'; it has every and offset`);
  const { every, offset = 0 } = given;
  const interval = { everyMs: lengthOf('interval', every), offsetMs: lengthOf('offset', offset) };
  if (interval.everyMs === 0) throw new RangeError('its interval is 0; one second is the least');
  if (interval.offsetMs < interval.everyMs) return interval;
  throw new RangeError(
    `its offset is ${exactDuration(interval.offsetMs)}, and has to be less than the interval, ${exactDuration(interval.everyMs)}`,
  );
}

/** Temporal keeps whole seconds, and so do the ids of runs. */
function lengthOf(what: string, given: Duration | string): number {
  const ms = parsed(what, given);
  if (ms % 1_000 === 0) return ms;
  throw new RangeError(`its ${what} is '${given}', and has to be whole seconds`);
}

function parsed(what: string, given: Duration | string): number {
  try {
    return parseDuration(given);
  } catch (error) {
    throw new RangeError(`its ${what}: ${error instanceof Error ? error.message.replace(/\.$/, '') : error}`);
  }
}

function catchUpOf(given: Duration | string): number {
  const ms = lengthOf('catch-up window', given);
  if (ms >= LEAST_CATCH_UP_MS) return ms;
  throw new RangeError(`its catch-up window is '${given}', and has to be 10 s at least: Temporal takes no less`);
}

function overlapOf(given: string): OverlapPolicy {
  const policy = OVERLAP_POLICIES.find((each) => each === given);
  if (policy !== undefined) return policy;
  throw new RangeError(`overlap is '${given}'; it may be ${OVERLAP_POLICIES.map((each) => `'${each}'`).join(', ')}`);
}

function zoneOf(given: string): string {
  const zone = zoneName(given);
  if (zone !== null) return zone;
  throw new RangeError(`'${given}' is no time zone; give an IANA name, as 'Europe/Berlin'`);
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** In UTC, to the second, so that two of them compare as texts. */
function momentOf(what: 'start' | 'end', given: string | null): string | null {
  if (given === null) return null;
  const at = MOMENT.test(given) ? Date.parse(given) : Number.NaN;
  if (!Number.isNaN(at)) return `${new Date(at).toISOString().slice(0, 19)}Z`;
  throw new RangeError(
    `its ${what} is '${given}', and has to be ISO 8601 with its offset, as 2026-01-01T00:00:00Z or …T00:00:00+01:00`,
  );
}
