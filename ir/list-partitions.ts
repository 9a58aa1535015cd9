import { nearestName } from './nearest-name.ts';
import type { Dimension, Partitions, TimeDimension } from './partitions.ts';
import { periodKey } from './period.ts';
import { endedBy, keyOf, numberOf, readPartition, readValue, timeOf } from './read-partition.ts';

/** Which of a pipeline's partitions are asked for. What is left out leaves out nothing. */
export interface PartitionChoice {
  /** Keys of its dimension of time, both included. */
  readonly from?: string;
  readonly to?: string;
  /** By the name of a dimension, those of its values that count. */
  readonly dimensions?: Readonly<Record<string, readonly string[]>>;
  /** Without `to`, up to its last, ended or not; one that goes on has no last. */
  readonly future?: boolean;
}

/** At one go: what a backfill may have. Ten thousand days are 27 years. */
export const MOST_PARTITIONS = 10_000;

/**
 * The keys of the partitions that are chosen, in order. Without `to`, a dimension of time is listed up to what has ended.
 *
 * @param at now, in milliseconds since the epoch
 * @throws RangeError a sentence without its subject, for values that there are not, and for more than can be had at one go
 * @example listPartitions(daysOf2001, { from: '2001-01-30', to: '2001-02-01' }, Date.now()) // three keys
 */
export function listPartitions(
  partitions: Partitions,
  choice: PartitionChoice,
  at: number,
  most = MOST_PARTITIONS,
): readonly string[] {
  const { dimensions } = partitions;
  refuseUnknown(partitions, choice);
  const lists = dimensions.map((dimension) => valuesIn(dimension, choice, at, most));
  const count = lists.reduce((product, { length }) => product * length, 1);
  if (count > most) {
    throw new RangeError(`these are ${count} partitions, and ${most} are the most at one go; choose fewer`);
  }
  const products = lists.reduce<readonly (readonly string[])[]>(
    (heads, values) => heads.flatMap((head) => values.map((value) => [...head, value])),
    [[]],
  );
  return products.map((values) => keyOf(dimensions, values));
}

/** Each of the keys once, checked and in their one form. @throws RangeError */
export function readPartitions(partitions: Partitions, keys: readonly string[]): readonly string[] {
  return [...new Set(keys.map((key) => readPartition(partitions, key)))];
}

function refuseUnknown(partitions: Partitions, { from, to, dimensions = {} }: PartitionChoice): void {
  const names = partitions.dimensions.map(({ name }) => name);
  const unknown = Object.keys(dimensions).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const near = nearestName(unknown, names);
    throw new RangeError(
      `it has no dimension ${unknown}; ${near === null ? `it has ${names.join(', ')}` : `did you mean ${near}?`}`,
    );
  }
  if ((from ?? to) !== undefined && timeOf(partitions) === null) {
    throw new RangeError('none of its dimensions is of time, so that from and to say nothing; choose by dimension');
  }
}

function valuesIn(dimension: Dimension, choice: PartitionChoice, at: number, most: number): readonly string[] {
  const chosen = choice.dimensions?.[dimension.name];
  if (chosen !== undefined) return [...new Set(chosen.map((value) => readValue(dimension, value)))];
  return dimension.kind === 'static' ? dimension.keys : periodsIn(dimension, choice, at, most);
}

function periodsIn(dimension: TimeDimension, choice: PartitionChoice, at: number, most: number) {
  const { period, start } = dimension;
  const { from, to, future = false } = choice;
  const first = numberOf(dimension, from ?? start);
  const until = to === undefined ? lastOf(dimension, future, at) : numberOf(dimension, to);
  if (from !== undefined && to !== undefined && until < first) {
    throw new RangeError(`it would go from ${from} to ${to}, which comes before`);
  }
  const count = Math.max(0, until - first + 1);
  if (count > most)
    throw new RangeError(`these are ${count} ${period}s, and ${most} are the most at one go; choose fewer`);
  return Array.from({ length: count }, (_, index) => periodKey(period, first + index));
}

function lastOf(dimension: TimeDimension, future: boolean, at: number): number {
  const ended = endedBy(dimension, at);
  if (dimension.end === null) return ended;
  const last = numberOf(dimension, dimension.end);
  return future ? last : Math.min(last, ended);
}

/**
 * The period of a dimension that ended last, for a schedule: it starts what has just become whole.
 *
 * @param at milliseconds since the epoch
 * @throws RangeError where it is none of the dimension's
 */
export function lastEnded(dimension: TimeDimension, at: number): string {
  const key = periodKey(dimension.period, endedBy(dimension, at));
  numberOf(dimension, key);
  return key;
}
