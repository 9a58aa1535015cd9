import type { Backfill } from './backfill-table.ts';
import type { MetadataStore } from './metadata-store.ts';
import type { PartitionRun } from './run-table.ts';

/** Keys of one statement. */
const KEYS = 1_000;

/**
 * The runs, by partition, that a backfill of what is missing leaves its partitions to: somebody else's, under way or well
 * ended. They were begun after it was created, for then the partitions had no run. Of a backfill that runs partitions again
 * there are none.
 *
 * @param partitions of the backfill, those of which it has no run itself
 */
export async function runsElsewhere(
  { runs }: Pick<MetadataStore, 'runs'>,
  { id, pipeline, rerun }: Backfill,
  partitions: readonly string[],
): Promise<ReadonlyMap<string, PartitionRun>> {
  const found = new Map<string, PartitionRun>();
  if (rerun !== 'missing') return found;
  for (let start = 0; start < partitions.length; start += KEYS) {
    for (const run of await runs.ofPartitions({ pipeline }, partitions.slice(start, start + KEYS))) {
      // Its own may have been begun since its caller looked.
      if (run.backfill === id || run.status === 'failed' || run.status === 'cancelled') continue;
      found.set(run.partition, run);
    }
  }
  return found;
}
