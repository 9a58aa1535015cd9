import { sql } from 'kysely';
import type { LogChunk, TaskTable } from '../task-table.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { cursorKey, cursorOf, isNumberKey } from './paging.ts';
import type { SqlSession } from './sql-session.ts';

export async function appendLog({ db, project }: SqlSession, chunk: LogChunk): Promise<void> {
  await db
    .insertInto('log_chunks')
    .columns(['project', 'run_id', 'path', 'attempt', 'chunk', 'position', 'lines'])
    .expression(
      db
        .selectFrom('log_chunks')
        .where('project', '=', project)
        .where('run_id', '=', chunk.runId)
        .select([
          sql<string>`${project}`.as('project'),
          sql<string>`${chunk.runId}`.as('run_id'),
          sql<string>`${chunk.path}`.as('path'),
          sql<number>`${chunk.attempt}`.as('attempt'),
          sql<number>`${chunk.chunk}`.as('chunk'),
          sql<number>`coalesce(max(position), 0) + 1`.as('position'),
          sql<string>`${toColumn(chunk.lines)}`.as('lines'),
        ]),
    )
    .onConflict((conflict) => conflict.columns(['project', 'run_id', 'path', 'attempt', 'chunk']).doNothing())
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
