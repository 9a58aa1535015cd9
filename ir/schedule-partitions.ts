import { lastEnded } from './list-partitions.ts';
import type { Partitions } from './partitions.ts';

/** Why a schedule cannot tell which partition it is to start, a sentence without its subject; null where it can. */
export function scheduleBreak(partitions: Partitions | null): string | null {
  if (partitions === null) return null;
  const { dimensions } = partitions;
  if (dimensions.length === 1 && dimensions[0]?.kind === 'time') return null;
  const names = dimensions.map(({ name }) => name).join(', ');
  return `a start is for one time, and its partitions are by ${names}; start them by backfills`;
}

/**
 * The partition that a schedule starts: the one that ended last before the time that the start is for.
 *
 * @param at milliseconds since the epoch
 * @throws RangeError a sentence without its subject, where there is none.
 */
export function scheduledPartition(partitions: Partitions | null, at: number): string | null {
  const unfit = scheduleBreak(partitions);
  if (unfit !== null) throw new RangeError(unfit);
  const [dimension] = partitions?.dimensions ?? [];
  return dimension?.kind === 'time' ? lastEnded(dimension, at) : null;
}
