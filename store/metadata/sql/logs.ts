import { sql } from 'kysely';
import type { LogChunk, TaskTable } from '../task-table.ts';
import { isNewestDelivery } from './attempts.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { cursorKey, cursorOf, isNumberKey } from './paging.ts';
import type { SqlSession } from './sql-session.ts';

export async function appendLog(session: SqlSession, chunk: LogChunk): Promise<void> {
  const { db, project } = session;
  const ofRun = db.selectFrom('log_chunks').where('project', '=', project).where('run_id', '=', chunk.runId);
  await db
    .insertInto('log_chunks')
    .columns(['project', 'run_id', 'path', 'attempt', 'delivery', 'chunk', 'position', 'lines'])
    .expression(
      db
        .selectNoFrom([
          sql<string>`${project}`.as('project'),
          sql<string>`${chunk.runId}`.as('run_id'),
          sql<string>`${chunk.path}`.as('path'),
          sql<number>`${chunk.attempt}`.as('attempt'),
          sql<string>`${chunk.delivery ?? ''}`.as('delivery'),
          sql<number>`${chunk.chunk}`.as('chunk'),
          sql<number>`(${ofRun.select(sql`coalesce(max(position), 0) + 1`.as('next'))})`.as('position'),
          sql<string>`${toColumn(chunk.lines)}`.as('lines'),
        ])
        .where(isNewestDelivery(session, chunk)),
    )
    .onConflict((conflict) =>
      conflict.columns(['project', 'run_id', 'path', 'attempt', 'delivery', 'chunk']).doNothing(),
    )
    .execute();
}

export async function logs(
  { db, project }: SqlSession,
  runId: string,
  filter: Parameters<TaskTable['logs']>[1] = {},
): ReturnType<TaskTable['logs']> {
  const cursor = filter.after ?? null;
  const [after] = cursorKey({ cursor }, isNumberKey) ?? [0];
  let query = db
    .selectFrom('log_chunks')
    .where('project', '=', project)
    .where('run_id', '=', runId)
    .where('position', '>', after);
  if (filter.path !== undefined) query = query.where('path', '=', filter.path);
  const rows = await query.selectAll().orderBy('position').execute();
  const last = rows.at(-1);
  return {
    chunks: rows.map(({ path, attempt, chunk, lines }) => ({ runId, path, attempt, chunk, lines: fromColumn(lines) })),
    // With nothing new the cursor stays, so that a reader can ask again with it.
    cursor: last ? cursorOf([last.position]) : cursor,
  };
}
