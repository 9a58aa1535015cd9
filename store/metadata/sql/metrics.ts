import type { Metric } from '../task-table.ts';
import { chunksOf } from './row-chunks.ts';
import type { SqlSession } from './sql-session.ts';

export async function saveMetrics({ db, project, transact }: SqlSession, metrics: readonly Metric[]): Promise<void> {
  // One row a key: a statement may not touch a row twice.
  const newest = new Map(
    metrics.map((metric) => [JSON.stringify([metric.runId, metric.path, metric.name, metric.step]), metric]),
  );
  const rows = [...newest.values()].map(({ runId, path, name, step, value }) => ({
    ...{ project, run_id: runId, path, name, step },
    value: Number.isNaN(value) ? null : value,
  }));
  await transact(
    chunksOf(rows).map((chunk) =>
      db
        .insertInto('metrics')
        .values(chunk)
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
