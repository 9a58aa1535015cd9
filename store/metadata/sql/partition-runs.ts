import { PageError } from '../metadata-store.ts';
import type { PartitionRun, PartitionRunsOf } from '../run-table.ts';
import type { SqlSession } from './sql-session.ts';

/** Partitions of one question. */
const MOST_KEYS = 1_000;

/** The newest run of each, by one seek of an index a key. */
export async function partitionRuns(
  { db, project }: SqlSession,
  of: PartitionRunsOf,
  partitions: readonly string[],
): Promise<readonly PartitionRun[]> {
  if (partitions.length === 0) return [];
  if (partitions.length > MOST_KEYS) {
    throw new PageError(
      `The runs of ${partitions.length} partitions were asked for; ${MOST_KEYS} are the most at once.`,
    );
  }
  const [column, value] =
    'backfill' in of ? (['backfill', of.backfill] as const) : (['pipeline', of.pipeline] as const);
  const rows = await db
    .selectFrom('runs')
    .where('project', '=', project)
    .where(column, '=', value)
    .where('partition', 'in', partitions)
    .where('id', '=', ({ selectFrom }) =>
      selectFrom('runs as newer')
        .where('newer.project', '=', project)
        .where(`newer.${column}`, '=', value)
        .whereRef('newer.partition', '=', 'runs.partition')
        .orderBy('newer.created_at', 'desc')
        .orderBy('newer.id', 'desc')
        .limit(1)
        .select('newer.id'),
    )
    .select(['partition', 'id', 'status', 'schedule', 'backfill', 'created_at'])
    .execute();
  return rows.map((row) => ({
    partition: row.partition ?? '',
    runId: row.id,
    status: row.status,
    schedule: row.schedule,
    backfill: row.backfill,
    createdAt: row.created_at,
  }));
}
