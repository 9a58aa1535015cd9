import { listPartitions, MOST_PARTITIONS } from '../../ir/list-partitions.ts';
import type { Partitions } from '../../ir/partitions.ts';
import { periodKey } from '../../ir/period.ts';
import { endedBy, numberOf, rangeOf, timeOf } from '../../ir/read-partition.ts';
import { besideTime } from '../../ir/wide-partitions.ts';

/**
 * Periods that are looked for at most, the newest: what has not come for so long is not waited for. They are fewer where each has
 * many partitions.
 */
const PERIODS = 100;

export interface Expected {
  readonly partition: string;
  /** When it ended; null where it is not of time. */
  readonly end: string | null;
}

/**
 * Partitions whose time is over, from the first that somebody waits for.
 *
 * @param from key of the dimension of time; null where there is none
 * @param at now, in milliseconds since the epoch
 */
export function expectedPartitions(partitions: Partitions, from: string | null, at: number): readonly Expected[] {
  const dimension = timeOf(partitions);
  if (dimension === null || from === null) {
    return listPartitions(partitions, {}, at).map((partition) => ({ partition, end: null }));
  }
  const { period, start, end } = dimension;
  const ended = endedBy(dimension, at);
  const last = end === null ? ended : Math.min(ended, numberOf(dimension, end));
  const periods = Math.min(PERIODS, Math.floor(MOST_PARTITIONS / besideTime(partitions)));
  const first = Math.max(numberOf(dimension, from < start ? start : from), last - periods + 1);
  if (last < first) return [];
  const choice = { from: periodKey(period, first), to: periodKey(period, last) };
  return listPartitions(partitions, choice, at).map((partition) => ({
    partition,
    end: rangeOf(partitions, partition)?.end ?? null,
  }));
}

/** Of a partition, the value of each dimension by its name; of any other name, its key. */
export function valuesOf({ dimensions }: Partitions, partition: string): (name: string) => string {
  const values = new Map(
    dimensions.length === 1
      ? [[dimensions[0]?.name ?? '', partition]]
      : partition.split(',').map((part): [string, string] => {
          const [name = '', value = ''] = part.split('=');
          return [name, value];
        }),
  );
  return (name) => values.get(name) ?? partition;
}
