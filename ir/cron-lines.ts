import type { ScheduleSpec } from './schedule.ts';

/**
 * Cron lines and calendars as Temporal takes them: every field of a line has to fit there. In a cron line with a day of
 * month and a day of week either will do, so that it becomes two; a calendar is a line with seconds and years.
 */
export function cronLines({ cron, calendars }: ScheduleSpec): readonly string[] {
  const long = calendars.map((each) =>
    [each.second, each.minute, each.hour, each.dayOfMonth, each.month, each.dayOfWeek, each.year].join(' '),
  );
  return [...cron.flatMap(eitherDay), ...long];
}

/** A field that begins with `*` restricts nothing: so cron has it, every other day included. */
function eitherDay(line: string): readonly string[] {
  const [minute, hour, day = '*', month, weekday = '*'] = line.split(' ');
  if (day.startsWith('*') || weekday.startsWith('*')) return [line];
  return [`${minute} ${hour} ${day} ${month} *`, `${minute} ${hour} * ${month} ${weekday}`];
}
