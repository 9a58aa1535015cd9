import { sql } from 'kysely';
import type { LogChunk, TaskTable } from '../task-table.ts';
import { isNewestDelivery } from './attempts.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { bytesOf } from './listed-values.ts';
import { cursorKey, cursorOf, isNumberKey, pageLimit } from './paging.ts';
import type { SqlSession } from './sql-session.ts';

/** What a page of a log may come to. */
const LOG_PAGE_BYTES = 4 << 20;

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
  session: SqlSession,
  runId: string,
  filter: Parameters<TaskTable['logs']>[1] = {},
): ReturnType<TaskTable['logs']> {
  const cursor = filter.after ?? null;
  const [after] = cursorKey({ cursor }, 'logs', isNumberKey) ?? [0];
  const rows = await withNext(session, runId, { ...filter, after })
    .selectFrom('next')
    .innerJoin('log_chunks', (join) =>
      join
        .onRef('log_chunks.project', '=', 'next.project')
        .onRef('log_chunks.run_id', '=', 'next.run_id')
        .onRef('log_chunks.position', '=', 'next.position'),
    )
    // One chunk at least, however large it is.
    .where((eb) => eb.or([eb('next.so_far', '<=', LOG_PAGE_BYTES), eb('next.number', '=', 1)]))
    .select(['log_chunks.path', 'log_chunks.attempt', 'log_chunks.chunk', 'log_chunks.position', 'log_chunks.lines'])
    .orderBy('log_chunks.position')
    .execute();
  const last = rows.at(-1);
  return {
    chunks: rows.map(({ path, attempt, chunk, lines }) => ({ runId, path, attempt, chunk, lines: fromColumn(lines) })),
    // With nothing new the cursor stays, so that a reader can ask again with it.
    cursor: last ? cursorOf('logs', [last.position]) : cursor,
  };
}

/** The chunks that a page may have, numbered, and how many bytes they come to; their lines are not read for it. */
function withNext(
  { db, project }: SqlSession,
  runId: string,
  { path, after, limit }: { readonly path?: string; readonly after: number; readonly limit?: number },
) {
  return db
    .with(
      (name) => name('sizes').materialized(),
      (cte) => {
        const query = cte
          .selectFrom('log_chunks')
          .where('project', '=', project)
          .where('run_id', '=', runId)
          .where('position', '>', after);
        return (path === undefined ? query : query.where('path', '=', path))
          .select(['project', 'run_id', 'position', bytesOf('lines').as('bytes')])
          .orderBy('position')
          .limit(pageLimit(limit === undefined ? {} : { limit }));
      },
    )
    .with('next', (cte) =>
      cte
        .selectFrom('sizes')
        .select([
          ...(['project', 'run_id', 'position'] as const),
          sql<number>`sum(bytes) over (order by position)`.as('so_far'),
          sql<number>`row_number() over (order by position)`.as('number'),
        ]),
    );
}
