import { type SqlBool, sql } from 'kysely';
import type { TaskFailure } from '../../../ir/protocol/task-failure.ts';
import type { RunTable } from '../run-table.ts';
import { toColumn } from './json-column.ts';
import { runTold, tellRunEnds } from './run-events.ts';
import type { SqlSession } from './sql-session.ts';
import { countTasks } from './task-counts.ts';
import { CANCELLED_LISTING } from './task-listing.ts';

/** @returns false when the run is not there */
export async function endRun(
  session: SqlSession,
  id: string,
  { status, output, error, at }: Parameters<RunTable['end']>[1],
): Promise<boolean> {
  const { db, project, transact } = session;
  const open = { where: sql<SqlBool>`ended_at is null` };
  // Clocks differ, and what closed a run may have told its time before a task's start: no length is negative.
  const endedAt = sql<number>`case when started_at > ${at} then started_at else ${at} end`;
  const ofRun = (table: 'tasks' | 'attempts') =>
    db.updateTable(table).where('project', '=', project).where('run_id', '=', id).where('ended_at', 'is', null);
  const run = await runTold(session, id);
  if (run === null) return false;
  await transact([
    tellRunEnds(session, run, { status, error, at }),
    db
      .updateTable('runs')
      .where('project', '=', project)
      .where('id', '=', id)
      .where('ended_at', 'is', null)
      .set({ status, output: toColumn(output), error, pause: toColumn(null), ended_at: at })
      .compile(),
    countTasks(session, id, open, -1),
    countTasks(session, id, open, 1, 'cancelled'),
    ofRun('tasks')
      .set({ status: 'cancelled', ended_at: endedAt, ...CANCELLED_LISTING })
      .compile(),
    ofRun('attempts')
      .set({
        status: 'cancelled',
        ended_at: endedAt,
        failure: toColumn({ ...leftOver(error ?? 'The run has ended.') }),
      })
      .compile(),
  ]);
  return true;
}

/** What was stopped hard, or was in a part that was lost, has told nothing of its end. */
function leftOver(message: string): TaskFailure {
  return { kind: 'cancelled', name: 'RunAbandoned', message, stack: null, retryable: false };
}
