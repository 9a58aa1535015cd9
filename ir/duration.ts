/** A length of time: milliseconds, or a number and a unit as people write them. */
export type Duration = number | `${number}${DurationUnit}`;
type DurationUnit = 'ms' | 's' | 'm' | 'h' | 'd';

const UNITS: Readonly<Record<DurationUnit, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * Milliseconds in a duration.
 *
 * @throws RangeError when the text is no duration, or the number is negative or not finite.
 * @example parseDuration('1.5h') // 5_400_000
 */
export function parseDuration(duration: Duration | string): number {
  if (typeof duration === 'number') {
    if (Number.isFinite(duration) && duration >= 0) return duration;
    throw new RangeError(`${duration} is no duration: give milliseconds, zero or more.`);
  }
  const match = DURATION.exec(duration);
  if (!match) {
    throw new RangeError(
      `'${duration}' is no duration: write a number and one of ms, s, m, h, d, as in '30s' or '2h'.`,
    );
  }
  return Number(match[1]) * UNITS[match[2] as DurationUnit];
}

/**
 * A length of time as people say it, in its largest unit and to a tenth of that, never more than it is.
 *
 * @example roughDuration(5_500_000) // '1.5 h'
 */
export function roughDuration(ms: number): string {
  const units = Object.entries(UNITS).reverse();
  const [unit, length] = units.find(([, each]) => ms >= each) ?? ['ms', 1];
  return `${Math.floor((ms / length) * 10) / 10} ${unit}`;
}

/**
 * A set length of time, to the millisecond, in the largest unit that says it in whole numbers.
 *
 * @example exactDuration(2_000) // '2 s'
 */
export function exactDuration(ms: number): string {
  const units = Object.entries(UNITS).reverse();
  const [unit, length] = units.find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1];
  return `${ms / length} ${unit}`;
}
