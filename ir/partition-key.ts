import { PERIODS, type Period } from './partitions.ts';
import { periodNumber, periodStart } from './period.ts';
import { isoSeconds, type PartitionRange } from './read-partition.ts';
import { zoneName } from './time-zone.ts';

/*
 * What a step can tell from the key of its run's partition alone.
 */

/**
 * One dimension's value in the key of a partition of several.
 *
 * @throws RangeError where the key does not name the dimension.
 * @example partitionValue('day=2001-01-31,region=eu', 'region') // 'eu'
 */
export function partitionValue(key: string, dimension: string): string {
  const part = key.split(',').find((each) => each.startsWith(`${dimension}=`));
  if (part !== undefined) return part.slice(dimension.length + 1);
  throw new RangeError(`Partition '${key}' has no dimension '${dimension}'.`);
}

/**
 * The time that a key of an hour, a day, a week or a month stands for, from `start` and up to but not with `end`, ISO 8601 in
 * UTC. Of several dimensions give the value of the one of time: `partitionRange(partitionValue(key, 'day'))`.
 *
 * @param timezone the one that the pipeline's partitions have; `UTC` when left out
 * @throws RangeError for what is no such key, and no zone.
 * @example partitionRange('2001-01-31') // { start: '2001-01-31T00:00:00Z', end: '2001-02-01T00:00:00Z' }
 */
export function partitionRange(key: string, timezone = 'UTC'): PartitionRange {
  const zone = zoneName(timezone);
  if (zone === null) throw new RangeError(`'${timezone}' is no time zone; give an IANA name, as 'Europe/Berlin'.`);
  for (const period of PERIODS) {
    const number = periodNumber(period, key);
    if (number !== null) return rangeIn(period, number, zone);
  }
  throw new RangeError(`'${key}' is no time: it would be written as 2001-01-31, 2001-W05, 2001-01 or 2001-01-31T05.`);
}

function rangeIn(period: Period, number: number, timezone: string): PartitionRange {
  const at = (which: number) => isoSeconds(periodStart(period, which, timezone));
  return { start: at(number), end: at(number + 1) };
}
