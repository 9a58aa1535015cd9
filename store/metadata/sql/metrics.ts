import { sql } from 'kysely';
import type { AttemptKey, Measurement, Metric } from '../task-table.ts';
import { isNewestAttempt, isNewestDelivery } from './attempts.ts';
import { chunksOf } from './row-chunks.ts';
import type { SqlSession } from './sql-session.ts';

const COLUMNS = ['project', 'run_id', 'path', 'name', 'step', 'value'] as const;

export async function saveMetrics(
  session: SqlSession,
  key: AttemptKey,
  measured: readonly Measurement[],
): Promise<void> {
  const { db, project, transact } = session;
  // One row a key: a statement may not touch a row twice.
  const newest = new Map(measured.map((metric) => [JSON.stringify([metric.name, metric.step]), metric]));
  const rows = [...newest.values()].map(({ name, step, value }) => {
    const kept = Number.isNaN(value) ? null : value;
    return sql`(${sql.join([project, key.runId, key.path, name, step, kept])})`;
  });
  await transact(
    chunksOf(rows).map((chunk) =>
      db
        .insertInto('metrics')
        .columns(COLUMNS)
        .expression(
          sql`select * from (values ${sql.join(chunk)}) as told
            where ${isNewestAttempt(session, key)} and ${isNewestDelivery(session, key)}`,
        )
        .onConflict((conflict) =>
          conflict
            .columns(['project', 'run_id', 'path', 'name', 'step'])
            .doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
        )
        .compile(),
    ),
  );
}

export async function metrics({ db, project }: SqlSession, runId: string): Promise<readonly Metric[]> {
  const rows = await db
    .selectFrom('metrics')
    .where('project', '=', project)
    .where('run_id', '=', runId)
    .selectAll()
    .orderBy('path')
    .orderBy('name')
    .orderBy('step')
    .execute();
  return rows.map(({ path, name, step, value }) => ({ runId, path, name, step, value: value ?? Number.NaN }));
}
