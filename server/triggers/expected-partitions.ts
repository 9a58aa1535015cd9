import { listPartitions } from '../../ir/list-partitions.ts';
import type { Partitions } from '../../ir/partitions.ts';
import { periodKey } from '../../ir/period.ts';
import { endedBy, numberOf, rangeOf, timeOf } from '../../ir/read-partition.ts';

/** Periods that are looked for at most, the newest: what has not come for so long is not waited for. */
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
  const first = Math.max(numberOf(dimension, from < start ? start : from), last - PERIODS + 1);
  if (last < first) return [];
  const choice = { from: periodKey(period, first), to: periodKey(period, last) };
  return listPartitions(partitions, choice, at).map((partition) => ({
    partition,
    end: rangeOf(partitions, partition)?.end ?? null,
  }));
}

/** A path with the values of a partition in it. */
export function pathOf(path: string, { dimensions }: Partitions, partition: string): string {
  const values = new Map(
    dimensions.length === 1
      ? [[dimensions[0]?.name ?? '', partition]]
      : partition.split(',').map((part): [string, string] => {
          const [name = '', value = ''] = part.split('=');
          return [name, value];
        }),
  );
  return path.replaceAll(/\{([^}]*)\}/g, (_, name: string) => values.get(name) ?? partition);
}
