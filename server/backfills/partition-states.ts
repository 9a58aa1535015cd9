import type { MetadataStore } from '../../store/metadata/metadata-store.ts';
import type { PartitionRunsOf } from '../../store/metadata/run-table.ts';
import type { BackfillCounts, PartitionState } from '../schemas/backfill.ts';

/** Keys of one statement. */
const KEYS = 1_000;

/** What has become of each of these partitions, in their order. */
export async function partitionStates(
  { runs }: MetadataStore,
  of: PartitionRunsOf,
  partitions: readonly string[],
): Promise<readonly PartitionState[]> {
  const states: PartitionState[] = [];
  for (let start = 0; start < partitions.length; start += KEYS) {
    const keys = partitions.slice(start, start + KEYS);
    const found = new Map((await runs.ofPartitions(of, keys)).map((run) => [run.partition, run]));
    states.push(...keys.map((partition) => found.get(partition) ?? missing(partition)));
  }
  return states;
}

function missing(partition: string): PartitionState {
  return { partition, status: 'missing', runId: null, schedule: null, backfill: null, createdAt: null };
}

export function countsOf(states: readonly PartitionState[]): BackfillCounts {
  const counts = { missing: 0, pending: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0, elsewhere: 0 };
  for (const { status } of states) counts[status] += 1;
  return counts;
}
