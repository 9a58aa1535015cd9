import { backfillRunId } from '../../ir/protocol/backfill-order.ts';
import type { RunStatus } from '../../ir/protocol/transition.ts';
import type { MetadataStore } from '../../store/metadata/metadata-store.ts';
import { runsElsewhere } from '../../store/metadata/runs-elsewhere.ts';
import type { BackfillRound } from '../../workflows/temporal/control-activities.ts';

type Ended = readonly [runId: string, status: RunStatus | 'elsewhere' | null];

/** Of a backfill's runs, those that have ended, and how. One without a row may have been left to somebody else's run. */
export async function endedRuns(
  round: BackfillRound,
  runIds: readonly string[],
  metadata: MetadataStore,
): Promise<readonly Ended[]> {
  const rows = await Promise.all(runIds.map(async (runId) => [runId, await metadata.runs.outline(runId)] as const));
  const without = new Set(rows.flatMap(([runId, run]) => (run === null ? [runId] : [])));
  const elsewhere = without.size === 0 ? without : await leftToOthers(round, without, metadata);
  return rows.flatMap(([runId, run]): Ended[] => {
    if (run === null) return [[runId, elsewhere.has(runId) ? 'elsewhere' : null]];
    return run.endedAt === null ? [] : [[runId, run.status]];
  });
}

async function leftToOthers(
  { backfill: id, round }: BackfillRound,
  runIds: ReadonlySet<string>,
  metadata: MetadataStore,
): Promise<ReadonlySet<string>> {
  const backfill = await metadata.backfills.get(id);
  if (backfill === null) return new Set();
  const pending = await metadata.backfills.pending(id);
  const asked = pending.filter((partition) => runIds.has(backfillRunId(id, partition, round)));
  const found = await runsElsewhere(metadata, backfill, asked);
  return new Set([...found.keys()].map((partition) => backfillRunId(id, partition, round)));
}
