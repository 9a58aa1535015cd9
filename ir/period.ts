import type { Period } from './partitions.ts';
import { instantOf } from './time-zone.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Day 0 of the epoch was a Thursday. */
const MONDAY = 3;

interface PeriodForm {
  readonly form: RegExp;
  /** As people would write one. */
  readonly example: string;
  /** Consecutive numbers, for consecutive keys. */
  number(...parts: readonly number[]): number;
  /** What clocks in the zone show when it begins, as if they stood in UTC. */
  begins(number: number): number;
  key(number: number): string;
}

const isoOf = (at: number) => new Date(at).toISOString();

const FORMS: Readonly<Record<Period, PeriodForm>> = {
  hour: {
    form: /^([1-9]\d{3})-(\d\d)-(\d\d)T(\d\d)$/,
    example: '2001-01-31T05',
    number: (year = 0, month = 0, day = 0, hour = 0) => Date.UTC(year, month - 1, day, hour) / HOUR_MS,
    begins: (number) => number * HOUR_MS,
    key: (number) => isoOf(number * HOUR_MS).slice(0, 13),
  },
  day: {
    form: /^([1-9]\d{3})-(\d\d)-(\d\d)$/,
    example: '2001-01-31',
    number: (year = 0, month = 0, day = 0) => Date.UTC(year, month - 1, day) / DAY_MS,
    begins: (number) => number * DAY_MS,
    key: (number) => isoOf(number * DAY_MS).slice(0, 10),
  },
  week: {
    form: /^([1-9]\d{3})-W(\d\d)$/,
    example: '2001-W05',
    // The first week of a year is the one with January 4.
    number: (year = 0, week = 0) => weekWith(Date.UTC(year, 0, 4)) + week - 1,
    begins: (number) => (number * 7 - MONDAY) * DAY_MS,
    key: weekKey,
  },
  month: {
    form: /^([1-9]\d{3})-(\d\d)$/,
    example: '2001-01',
    number: (year = 0, month = 0) => year * 12 + month - 1,
    begins: (number) => Date.UTC(Math.floor(number / 12), number % 12),
    key: (number) => isoOf(Date.UTC(Math.floor(number / 12), number % 12)).slice(0, 7),
  },
};

function weekWith(at: number): number {
  return Math.floor((at / DAY_MS + MONDAY) / 7);
}

/** A week belongs to the year that has its Thursday. */
function weekKey(number: number): string {
  const year = new Date((number * 7 - MONDAY + 3) * DAY_MS).getUTCFullYear();
  const week = number - weekWith(Date.UTC(year, 0, 4)) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}

/** The number of a period by its key; consecutive periods have consecutive numbers. Null for what is no such key. */
export function periodNumber(period: Period, key: string): number | null {
  const found = FORMS[period].form.exec(key);
  if (found === null) return null;
  const number = FORMS[period].number(...found.slice(1).map(Number));
  // February 30 would be March 2.
  return periodKey(period, number) === key ? number : null;
}

/** @example periodKey('day', 0) // '1970-01-01' */
export function periodKey(period: Period, number: number): string {
  return FORMS[period].key(number);
}

/** When a period begins in a zone, in milliseconds since the epoch: at its first moment, where summer time leaves out midnight. */
export function periodStart(period: Period, number: number, timezone: string): number {
  return instantOf(timezone, FORMS[period].begins(number));
}

export function exampleKey(period: Period): string {
  return FORMS[period].example;
}
