import type { ScheduleCalendar } from './schedule.ts';

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

interface FieldKind {
  readonly label: string;
  readonly least: number;
  readonly most: number;
  /** What may stand for the numbers from `least` on. */
  readonly names: readonly string[];
}

/** The fields of a calendar, in the order in which Temporal's long cron lines have them. */
export const CALENDAR_FIELDS: Readonly<Record<keyof ScheduleCalendar, FieldKind>> = {
  second: { label: 'second', least: 0, most: 59, names: [] },
  minute: { label: 'minute', least: 0, most: 59, names: [] },
  hour: { label: 'hour', least: 0, most: 23, names: [] },
  dayOfMonth: { label: 'day of month', least: 1, most: 31, names: [] },
  month: { label: 'month', least: 1, most: 12, names: MONTHS },
  // Seven is Sunday again, as cron has it.
  dayOfWeek: { label: 'day of week', least: 0, most: 7, names: DAYS },
  year: { label: 'year', least: 2000, most: 2100, names: [] },
};
export type CalendarField = keyof ScheduleCalendar;
export const CRON_FIELDS = ['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const;

/** Other dialects' L, W, # and ? are not understood by what runs a schedule. */
const PART = /^(?:\*|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/;

/** The numbers that a field's text names, in order. @returns null for a text that is none. */
export function fieldValues(field: CalendarField, text: string): readonly number[] | null {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const range = rangeOf(CALENDAR_FIELDS[field], part);
    if (range === null) return null;
    for (let value = range.first; value <= range.last; value += range.step) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

/** What a field may hold, for an error. */
export function fieldText(field: CalendarField): string {
  const { least, most, names } = CALENDAR_FIELDS[field];
  const named = names.length === 0 ? '' : ` or ${names[0]} to ${names.at(-1)}`;
  return `${least} to ${most}${named}, with * , - and /`;
}

function rangeOf(kind: FieldKind, part: string) {
  const match = PART.exec(part);
  if (!match) return null;
  const [, from, to, every] = match;
  const step = every === undefined ? 1 : Number(every);
  const first = from === undefined ? kind.least : numberOf(kind, from);
  // A lone number with a step means one thing here and another there.
  if (first === null || step === 0 || (from !== undefined && to === undefined && every !== undefined)) return null;
  const last = from === undefined ? kind.most : to === undefined ? first : numberOf(kind, to);
  return last === null || last < first ? null : { first, last, step };
}

function numberOf({ least, most, names }: FieldKind, text: string): number | null {
  const named = names.indexOf(text.toUpperCase());
  const value = named >= 0 ? least + named : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : null;
}

const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether any month among these has any of these days. */
export function hasSuchDay(days: readonly number[], months: readonly number[]): boolean {
  return months.some((month) => days.some((day) => day <= (LONGEST_MONTHS[month - 1] ?? 0)));
}
