import { addInts, addNode, type GraphDraft } from '../onnx/graph-draft.ts';
import { ELEMENT_TYPES } from '../onnx/tensor-type.ts';
import type { FeatureBase } from './feature.ts';
import { columnOf, type Operator } from './operator.ts';

/** A part of a time in UTC, from 0: `month` 0 is January, `dayOfWeek` 0 is Monday, `dayOfMonth` 0 is the first. */
export const CALENDAR_PARTS = {
  month: 12,
  dayOfMonth: 31,
  dayOfWeek: 7,
  hour: 24,
  minute: 60,
  minuteOfDay: 1440,
} as const;
export type CalendarPart = keyof typeof CALENDAR_PARTS;

export interface CalendarSpec {
  readonly op: 'calendar';
  readonly column: string;
  readonly part: CalendarPart;
  /** `<column>.<part>` when left out. */
  readonly name?: string;
}

export interface CalendarFeature extends FeatureBase {
  readonly op: 'calendar';
  readonly column: string;
  readonly part: CalendarPart;
  readonly cardinality: number;
}

const MINUTE = 60_000_000;
const MINUTE_EXACT = 60_000_000n;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const calendar: Operator<CalendarSpec, CalendarFeature> = {
  // The calendar is known: nothing is learned from the rows.
  fitColumns: () => ({}),
  inputs: ({ column }) => ({ [column]: 'time' }),

  analyser: (spec) => ({
    observe() {},
    finish() {
      const { op, column, part, name = `${column}.${part}` } = spec;
      return { op, name, column, part, cardinality: CALENDAR_PARTS[part] };
    },
  }),

  kernel({ column, part }) {
    const partOf = PARTS[part];
    return (batch, matrix, width, index) => {
      const { values } = columnOf(batch, column, 'time');
      // Halves of 32 bits, for arithmetic on BigInts is ten times slower.
      const halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
      let low = 0;
      let high = 0;
      let code = partOf(0);
      for (let row = 0, at = index; row < values.length; row++, at += width) {
        // Tables tend to be in the order of their times, so the next row's is often the same.
        if (halves[row * 2] !== low || halves[row * 2 + 1] !== high) {
          low = halves[row * 2] as number;
          high = halves[row * 2 + 1] as number;
          code = partOf(microsOf(low, high));
        }
        matrix[at] = code;
      }
    };
  },

  lower({ column, part }, draft, values) {
    const code = lowerPart(draft, values.input(column), part);
    return addNode(draft, 'Cast', [code], { to: { int: ELEMENT_TYPES.float32 } });
  },
};

/** Microseconds as a double in which every part above can be read exactly. */
function microsOf(low: number, high: number): number {
  if (high < 0x200000 && high >= -0x200000) return high * 2 ** 32 + (low >>> 0);
  // Beyond 2^53 (the year 2255) doubles skip microseconds: the middle of the minute is as good, and safe.
  const micros = (BigInt(high) << 32n) | BigInt(low >>> 0);
  const inMinute = ((micros % MINUTE_EXACT) + MINUTE_EXACT) % MINUTE_EXACT;
  return Number((micros - inMinute) / MINUTE_EXACT) * MINUTE + MINUTE / 2;
}

const PARTS: Readonly<Record<CalendarPart, (micros: number) => number>> = {
  minute: (micros) => floorMod(Math.floor(micros / MINUTE), 60),
  minuteOfDay: (micros) => floorMod(Math.floor(micros / MINUTE), 1440),
  hour: (micros) => floorMod(Math.floor(micros / HOUR), 24),
  // 1970-01-01 was a Thursday.
  dayOfWeek: (micros) => floorMod(Math.floor(micros / DAY) + 3, 7),
  dayOfMonth: (micros) => civilOf(Math.floor(micros / DAY)).day,
  month: (micros) => civilOf(Math.floor(micros / DAY)).month,
};

function floorMod(value: number, divisor: number): number {
  return value - Math.floor(value / divisor) * divisor;
}

/**
 * Month and day, both from 0, of a day counted from 1970-01-01, in the Gregorian calendar extended both ways. After
 * Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (civil_from_days), public domain.
 */
function civilOf(day: number): { month: number; day: number } {
  const dayOfEra = floorMod(day + 719_468, 146_097);
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  return { month: (monthFromMarch + 2) % 12, day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) };
}

/** The same in int64 nodes. ONNX's Div cuts towards zero and its Mod floors, so a floor is (x - x mod n) / n. */
function lowerPart(draft: GraphDraft, micros: string, part: CalendarPart): string {
  const constant = (value: number) => addInts(draft, value);
  const mod = (value: string, divisor: number) => addNode(draft, 'Mod', [value, constant(divisor)]);
  const add = (value: string, other: number) => addNode(draft, 'Add', [value, constant(other)]);
  const minus = (value: string, other: string) => addNode(draft, 'Sub', [value, other]);
  const times = (value: string, factor: number) => addNode(draft, 'Mul', [value, constant(factor)]);
  const div = (value: string, divisor: number) => addNode(draft, 'Div', [value, constant(divisor)]);
  const floorDiv = (value: string, divisor: number) => div(minus(value, mod(value, divisor)), divisor);

  if (part === 'hour') return div(mod(micros, DAY), HOUR);
  if (part === 'minute') return div(mod(micros, HOUR), MINUTE);
  if (part === 'minuteOfDay') return div(mod(micros, DAY), MINUTE);
  const day = floorDiv(micros, DAY);
  if (part === 'dayOfWeek') return mod(add(day, 3), 7);

  // From here on nothing is negative, so Div is a floor already.
  const dayOfEra = mod(add(day, 719_468), 146_097);
  const leapless = minus(dayOfEra, div(dayOfEra, 1_460));
  const century = addNode(draft, 'Add', [leapless, div(dayOfEra, 36_524)]);
  const yearOfEra = div(minus(century, div(dayOfEra, 146_096)), 365);
  const startOfYear = minus(addNode(draft, 'Add', [times(yearOfEra, 365), div(yearOfEra, 4)]), div(yearOfEra, 100));
  const dayOfYear = minus(dayOfEra, startOfYear);
  const monthFromMarch = div(add(times(dayOfYear, 5), 2), 153);
  if (part === 'month') return mod(add(monthFromMarch, 2), 12);
  return minus(dayOfYear, div(add(times(monthFromMarch, 153), 2), 5));
}
