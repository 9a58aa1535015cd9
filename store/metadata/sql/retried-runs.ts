import { sql } from 'kysely';
import type { RetriedRun } from '../run-table.ts';
import { fromColumn } from './json-column.ts';
import type { SqlSession } from './sql-session.ts';

/** Runs of one line. Nobody retries by hand as often; a backfill of so many rounds runs what is older again. */
const MOST_RETRIED = 1_000;

/** One question, however long the line is. */
export async function retriedBy({ db, project }: SqlSession, id: string): Promise<readonly RetriedRun[]> {
  const rows = await db
    .withRecursive('line', (cte) =>
      cte
        .selectFrom('runs')
        .where('project', '=', project)
        .where('id', '=', id)
        .select(['retry_of', sql<number>`0`.as('depth')])
        .unionAll(
          cte
            .selectFrom('line')
            .innerJoin('runs as retried', 'retried.id', 'line.retry_of')
            .where('retried.project', '=', project)
            .where('line.depth', '<', MOST_RETRIED)
            .select(['retried.retry_of', sql<number>`line.depth + 1`.as('depth')]),
        ),
    )
    .selectFrom('line')
    .innerJoin('runs', 'runs.id', 'line.retry_of')
    .where('runs.project', '=', project)
    .where('line.depth', '<', MOST_RETRIED)
    .orderBy('line.depth')
    .select(['runs.id', 'runs.compiled_digest', 'runs.rerun_from'])
    .execute();
  return rows.map((row) => ({
    id: row.id,
    compiledDigest: row.compiled_digest,
    rerunFrom: fromColumn(row.rerun_from),
  }));
}

/** Runs whose results a run that goes on may still take over. */
export function takenOverFrom({ db, project }: Pick<SqlSession, 'db' | 'project'>) {
  return db
    .withRecursive('line', (cte) =>
      cte
        .selectFrom('runs as live')
        .where('live.project', '=', project)
        .where('live.ended_at', 'is', null)
        .where('live.retry_of', 'is not', null)
        .select((eb) => eb.ref('live.retry_of').$notNull().as('id'))
        // Lines that meet go on once.
        .union(
          cte
            .selectFrom('line')
            .innerJoin('runs as retried', 'retried.id', 'line.id')
            .where('retried.project', '=', project)
            .where('retried.retry_of', 'is not', null)
            .select((eb) => eb.ref('retried.retry_of').$notNull().as('id')),
        ),
    )
    .selectFrom('line')
    .select('line.id');
}
