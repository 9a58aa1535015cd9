import { listPartitions, MOST_PARTITIONS } from '../../ir/list-partitions.ts';
import type { Partitions } from '../../ir/partitions.ts';
import { periodKey } from '../../ir/period.ts';
import { endedBy, numberOf, rangeOf, timeOf } from '../../ir/read-partition.ts';

/**
 * Periods that are looked for at most, the newest: what has not come for so long is not waited for. They are fewer where each has
 * many partitions.
 */
const PERIODS = 100;

/**
 * Why partitions cannot be looked for, a sentence without its subject: there are too many, for one period or, without a time,
 * at all. Null where they can.
 */
export function tooWide(partitions: Partitions): string | null {
  const count = besideTime(partitions);
  if (count <= MOST_PARTITIONS) return null;
  const each = timeOf(partitions)?.period;
  return `has ${count} partitions${each === undefined ? '' : ` a ${each}`}, and ${MOST_PARTITIONS} are the most that are looked for`;
}

/** Partitions of one period; without a dimension of time, all. */
function besideTime({ dimensions }: Partitions): number {
  return dimensions.reduce((product, each) => (each.kind === 'time' ? product : product * each.keys.length), 1);
}

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
