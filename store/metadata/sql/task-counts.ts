import { type CompiledQuery, type Expression, type SqlBool, sql } from 'kysely';
import type { TaskStatus } from '../../../ir/protocol/transition.ts';
import type { TaskCount } from '../task-table.ts';
import type { SqlSession } from './sql-session.ts';

const KEY = ['project', 'run_id', 'address', 'kind', 'status'] as const;

/** Which of a run's rows are meant. */
export type OfTasks = { readonly paths: readonly string[] } | { readonly where: Expression<SqlBool> };

/**
 * Adds rows to what is counted of a run (`1`), or takes them away (`-1`): before they change and after it, in the one
 * transaction, so that the counts are those of the rows whatever came in whatever order. To count all rows in place of
 * that takes longer than people wait between two looks.
 *
 * @param as counts them as if they had this status
 */
export function countTasks(
  { db, project }: SqlSession,
  runId: string,
  of: OfTasks,
  sign: 1 | -1,
  as?: TaskStatus,
): CompiledQuery {
  const ofRun = db.selectFrom('tasks').where('project', '=', project).where('run_id', '=', runId);
  const rows = 'paths' in of ? ofRun.where('path', 'in', of.paths) : ofRun.where(of.where);
  const status = as === undefined ? sql<TaskStatus>`status` : sql<TaskStatus>`cast(${as} as text)`;
  return db
    .insertInto('task_counts')
    .columns([...KEY, 'tasks'])
    .expression(
      rows
        .groupBy(['project', 'run_id', 'address', 'kind', ...(as === undefined ? (['status'] as const) : [])])
        .select(['project', 'run_id', 'address', 'kind', status.as('status')])
        .select(sign === 1 ? sql<number>`count(*)`.as('tasks') : sql<number>`-count(*)`.as('tasks')),
    )
    .onConflict((conflict) =>
      conflict.columns(KEY).doUpdateSet({ tasks: sql<number>`task_counts.tasks + excluded.tasks` }),
    )
    .compile();
}

export async function taskCounts({ db, project }: SqlSession, runId: string): Promise<readonly TaskCount[]> {
  const rows = await db
    .selectFrom('task_counts')
    .where('project', '=', project)
    .where('run_id', '=', runId)
    .where('tasks', '>', 0)
    .select(['address', 'kind', 'status', 'tasks'])
    .orderBy('address')
    .orderBy('kind')
    .orderBy('status')
    .execute();
  return rows.map(({ address, ...row }) => ({ ...row, address: address === '' ? null : address }));
}
