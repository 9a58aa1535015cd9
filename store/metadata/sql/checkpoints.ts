import { sql } from 'kysely';
import type { JsonValue } from '../../../ir/json.ts';
import type { AttemptKey } from '../task-table.ts';
import { isNewestAttempt, isNewestDelivery } from './attempts.ts';
import { fromColumn, toColumn } from './json-column.ts';
import type { SqlSession } from './sql-session.ts';
import { runHasEnded } from './tasks.ts';

export async function saveCheckpoint(session: SqlSession, key: AttemptKey, value: JsonValue): Promise<boolean> {
  const { db, project } = session;
  const taken = await db
    .insertInto('checkpoints')
    .columns(['project', 'run_id', 'path', 'attempt', 'value', 'saved_at'])
    .expression(
      db
        .selectNoFrom([
          sql<string>`${project}`.as('project'),
          sql<string>`${key.runId}`.as('run_id'),
          sql<string>`${key.path}`.as('path'),
          sql<number>`${key.attempt}`.as('attempt'),
          sql<string>`${toColumn(value)}`.as('value'),
          sql<number>`${Date.now()}`.as('saved_at'),
        ])
        .where(isNewestAttempt(session, key))
        .where(isNewestDelivery(session, key))
        .where(({ not }) => not(runHasEnded(session, key.runId))),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['project', 'run_id', 'path'])
        .doUpdateSet((eb) => ({
          attempt: eb.ref('excluded.attempt'),
          value: eb.ref('excluded.value'),
          saved_at: eb.ref('excluded.saved_at'),
        }))
        .whereRef('excluded.attempt', '>=', 'checkpoints.attempt'),
    )
    .returning('attempt')
    .execute();
  return taken.length > 0;
}

export async function checkpoint(
  { db, project }: SqlSession,
  runId: string,
  path: string,
): Promise<JsonValue | undefined> {
  const row = await db
    .selectFrom('checkpoints')
    .where('project', '=', project)
    .where('run_id', '=', runId)
    .where('path', '=', path)
    .select('value')
    .executeTakeFirst();
  return row ? fromColumn<JsonValue>(row.value) : undefined;
}
