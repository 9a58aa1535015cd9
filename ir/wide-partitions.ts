import { MOST_PARTITIONS } from './list-partitions.ts';
import type { Partitions } from './partitions.ts';
import { timeOf } from './read-partition.ts';

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
export function besideTime({ dimensions }: Partitions): number {
  return dimensions.reduce((product, each) => (each.kind === 'time' ? product : product * each.keys.length), 1);
}
