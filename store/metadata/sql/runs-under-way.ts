import type { SqlSession } from './sql-session.ts';

export async function runsUnderWayOn({ db, project }: SqlSession, worker: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('runs')
    .innerJoin('attempts', (join) =>
      join.onRef('attempts.project', '=', 'runs.project').onRef('attempts.run_id', '=', 'runs.id'),
    )
    .where('runs.project', '=', project)
    .where('runs.ended_at', 'is', null)
    .where('attempts.worker', '=', worker)
    .where('attempts.status', '=', 'running')
    .select('runs.id')
    .distinct()
    .orderBy('runs.id')
    .execute();
  return rows.map(({ id }) => id);
}
