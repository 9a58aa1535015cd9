import { exactDuration } from './duration.ts';
import type { OverlapPolicy, ScheduleCalendar, ScheduleSpec } from './schedule.ts';

const OVERLAPS: Readonly<Record<OverlapPolicy, string>> = {
  skip: 'a start is skipped while a run goes on',
  bufferOne: 'one start waits while a run goes on',
  allow: 'runs may go on side by side',
  cancelOther: 'a start cancels the run that goes on',
};

/**
 * A schedule in words, a line for each thing that there is to say.
 *
 * @example scheduleLines(spec) // ['0 3 * * * (Europe/Berlin)', 'a start is skipped while a run goes on', …]
 */
export function scheduleLines(spec: ScheduleSpec): readonly string[] {
  return [
    ...timeLines(spec),
    ...(spec.start === null ? [] : [`from ${spec.start}`]),
    ...(spec.end === null ? [] : [`until ${spec.end}`]),
    ...(spec.jitterMs === 0 ? [] : [`each start put off by up to ${exactDuration(spec.jitterMs)}`]),
    OVERLAPS[spec.overlap],
    `starts missed while the system was down are made up for ${exactDuration(spec.catchUpMs)}`,
  ];
}

/** When it starts runs, a line for each rule. */
export function timeLines({ cron, intervals, calendars, timezone }: ScheduleSpec): readonly string[] {
  return [
    ...cron.map((line) => `${line} (${timezone})`),
    ...intervals.map(({ everyMs, offsetMs }) => {
      const offset = offsetMs === 0 ? '' : `, ${exactDuration(offsetMs)} after the full one`;
      return `every ${exactDuration(everyMs)}${offset}`;
    }),
    ...calendars.map((calendar) => `${calendarText(calendar)} (${timezone})`),
  ];
}

function calendarText(calendar: ScheduleCalendar): string {
  const said = Object.entries(calendar).filter(([, text]) => text !== '*');
  return said.map(([name, text]) => `${name} ${text}`).join(', ');
}
