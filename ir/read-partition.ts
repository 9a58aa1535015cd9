import { nearestName } from './nearest-name.ts';
import type { Dimension, Partitions, TimeDimension } from './partitions.ts';
import { exampleKey, periodKey, periodNumber, periodStart } from './period.ts';

/** A key of a static partition: what of it stands in run ids and in URLs stands there as it is. */
export const STATIC_KEY = /^[A-Za-z0-9]+([.-][A-Za-z0-9]+)*$/;
export const LONGEST_STATIC_KEY = 60;

/** The time that a partition holds, from `start` and up to but not with `end`: ISO 8601 in UTC. */
export interface PartitionRange {
  readonly start: string;
  readonly end: string;
}

/**
 * A partition's key, checked, in its one form: the bare value of a single dimension, `day=2001-01-31,region=eu` of several, in
 * the order in which the pipeline declares them.
 *
 * @throws RangeError a sentence without its subject: `'2001-02-30' is no day, which is written as 2001-01-31`
 */
export function readPartition({ dimensions }: Partitions, text: string): string {
  const values = valuesOf(dimensions, text);
  return keyOf(
    dimensions,
    dimensions.map((dimension) => readValue(dimension, values.get(dimension.name) ?? '')),
  );
}

export function keyOf(dimensions: readonly Dimension[], values: readonly string[]): string {
  if (dimensions.length === 1) return values[0] ?? '';
  return dimensions.map(({ name }, index) => `${name}=${values[index]}`).join(',');
}

/** @throws RangeError for what is no value of the dimension. */
export function readValue(dimension: Dimension, text: string): string {
  if (dimension.kind === 'time') {
    numberOf(dimension, text);
    return text;
  }
  if (dimension.keys.includes(text)) return text;
  const near = nearestName(text, dimension.keys);
  const known = near === null ? `it is one of ${shortList(dimension.keys)}` : `did you mean ${near}?`;
  throw new RangeError(`'${text}' is no ${dimension.name} of its; ${known}`);
}

/** Which of the dimension's periods a key names. @throws RangeError */
export function numberOf(dimension: TimeDimension, text: string): number {
  const { period, start, end } = dimension;
  const number = periodNumber(period, text);
  if (number === null) throw new RangeError(`'${text}' is no ${period}, which is written as ${exampleKey(period)}`);
  const isBefore = number < (periodNumber(period, start) ?? 0);
  const isAfter = end !== null && number > (periodNumber(period, end) ?? 0);
  if (!isBefore && !isAfter) return number;
  throw new RangeError(
    isBefore ? `${text} comes before its first ${period}, ${start}` : `${text} comes after its last ${period}, ${end}`,
  );
}

/** The time of a partition; null where none of its dimensions is of time. The key has to be one that was read. */
export function rangeOf(partitions: Partitions, key: string): PartitionRange | null {
  const dimension = timeOf(partitions);
  if (dimension === null) return null;
  const number = numberOf(dimension, valuesOf(partitions.dimensions, key).get(dimension.name) ?? '');
  const at = (which: number) => isoSeconds(periodStart(dimension.period, which, dimension.timezone));
  return { start: at(number), end: at(number + 1) };
}

export function timeOf({ dimensions }: Partitions): TimeDimension | null {
  return dimensions.find((dimension) => dimension.kind === 'time') ?? null;
}

/**
 * The period that has just ended, whatever the dimension's first and last are.
 *
 * @param at milliseconds since the epoch
 */
export function endedBy({ period, timezone }: TimeDimension, at: number): number {
  // Clocks in the zone may be a day from UTC's.
  let number = periodNumber(period, nearKey(period, at)) ?? 0;
  while (periodStart(period, number + 1, timezone) > at) number--;
  while (periodStart(period, number + 2, timezone) <= at) number++;
  return number;
}

/** That of UTC's clocks. */
function nearKey(period: TimeDimension['period'], at: number): string {
  if (period === 'hour') return new Date(at).toISOString().slice(0, 13);
  if (period === 'day') return new Date(at).toISOString().slice(0, 10);
  if (period === 'month') return new Date(at).toISOString().slice(0, 7);
  return periodKey('week', Math.floor((at / 86_400_000 + 3) / 7));
}

export function isoSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

function valuesOf(dimensions: readonly Dimension[], text: string): ReadonlyMap<string, string> {
  const [only, ...more] = dimensions;
  if (only !== undefined && more.length === 0) return new Map([[only.name, text]]);
  const values = new Map<string, string>();
  const form = dimensions.map(({ name }) => `${name}=…`).join(',');
  for (const part of text.split(',')) {
    const [name = '', value = '', ...rest] = part.split('=');
    const isKnown = dimensions.some((dimension) => dimension.name === name);
    if (!isKnown || rest.length > 0 || values.has(name)) throw new RangeError(`'${text}' is no key, which is ${form}`);
    values.set(name, value);
  }
  if (values.size === dimensions.length) return values;
  throw new RangeError(`'${text}' is no key, which is ${form}`);
}

const SHOWN = 8;

function shortList(keys: readonly string[]): string {
  const more = keys.length - SHOWN;
  return more > 0 ? `${keys.slice(0, SHOWN).join(', ')} and ${more} more` : keys.join(', ');
}
