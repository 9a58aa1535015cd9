import type { OverlapPolicy, ScheduleCalendar } from '../../ir/schedule.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { parseAssignments } from '../params/assignments.ts';

/** A schedule's times and policies as options of a command. */
export interface TimesOptions {
  readonly cron?: readonly string[];
  readonly every?: string;
  readonly offset?: string;
  readonly calendar?: readonly string[];
  readonly timezone?: string;
  readonly start?: string;
  readonly end?: string;
  readonly jitter?: string;
  readonly overlap?: OverlapPolicy;
  readonly catchUp?: string;
}

/** Only what was given, as the API takes it. */
export function timesOf({ cron, every, offset, calendar, start, end, ...options }: TimesOptions) {
  const { timezone, jitter, overlap, catchUp } = options;
  if (offset !== undefined && every === undefined) {
    throw new CliError(
      EXIT.badInput,
      `--offset ${offset} says by how much an interval is put off, and there is none.`,
      {
        next: `Give both: --every 1h --offset ${offset}`,
      },
    );
  }
  return {
    ...(cron && { cron: [...cron] }),
    ...(every !== undefined && { interval: { every, ...(offset !== undefined && { offset }) } }),
    ...(calendar && { calendar: calendar.map(calendarOf) }),
    ...(start !== undefined && { start: start === 'none' ? null : start }),
    ...(end !== undefined && { end: end === 'none' ? null : end }),
    ...(timezone !== undefined && { timezone }),
    ...(jitter !== undefined && { jitter }),
    ...(overlap !== undefined && { overlap }),
    ...(catchUp !== undefined && { catchUp }),
  };
}

/** `hour=9 dayOfWeek=MON-FRI`; which fields there are is the API's to say. */
function calendarOf(text: string): Partial<ScheduleCalendar> {
  return Object.fromEntries(parseAssignments(text.trim().split(/\s+/)));
}
