import { type CompiledQuery, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { TaskStatus, Transition } from '../../../ir/protocol/transition.ts';
import { LISTED_BYTES, LISTED_FAILURE_BYTES, LISTED_VALUE_BYTES } from '../left-out.ts';
import type { ListedTask, Task } from '../task-table.ts';
import { copyMetrics } from './copied-metrics.ts';
import type { TaskRow } from './database.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { recordLineage } from './lineage.ts';
import { bytesOf, leftOutOf, listedBytes } from './listed-values.ts';
import { chunksOf } from './row-chunks.ts';
import type { SqlSession } from './sql-session.ts';

export async function record(session: SqlSession, runId: string, transitions: readonly Transition[]): Promise<void> {
  const rows = newestRows(session.project, runId, transitions);
  await session.transact([
    ...chunksOf(rows).flatMap((chunk) => [upsertTasks(session, runId, chunk), ...endWithRun(session, runId, chunk)]),
    ...recordLineage(session, runId, transitions),
    ...copyMetrics(session, runId, transitions),
  ]);
}

/** The values of a task, in the order in which they are given room, and the most that one may have to be listed. */
const VALUES = {
  failure: LISTED_FAILURE_BYTES,
  cache: LISTED_VALUE_BYTES,
  detail: LISTED_VALUE_BYTES,
  input: LISTED_VALUE_BYTES,
  output: LISTED_VALUE_BYTES,
} as const;
type Value = keyof typeof VALUES;

export async function listTasks(session: SqlSession, runId: string): Promise<readonly ListedTask[]> {
  // What says that there is nothing says so whatever room there is.
  const listed = (column: Value, room: 'failures' | 'notes' | 'given') => {
    const bytes = sql.ref(`room.${column}_bytes`);
    return sql<string | null>`case when ${bytes} <= ${NOTHING.length} or (${bytes} <= ${VALUES[column]}
      and ${sql.ref(`room.${room}_so_far`)} <= ${LISTED_BYTES}) then ${sql.ref(`tasks.${column}`)} end`.as(column);
  };
  const rows = await withRoom(session, runId)
    .selectFrom('room')
    .innerJoin('tasks', (join) =>
      join
        .onRef('tasks.project', '=', 'room.project')
        .onRef('tasks.run_id', '=', 'room.run_id')
        .onRef('tasks.path', '=', 'room.path'),
    )
    .select(WITHOUT_VALUES)
    .select(['room.failure_bytes', 'room.cache_bytes', 'room.detail_bytes', 'room.input_bytes', 'room.output_bytes'])
    .select([listed('failure', 'failures'), listed('cache', 'notes'), listed('detail', 'notes')])
    .select([listed('input', 'given'), listed('output', 'given')])
    .orderBy('tasks.sequence')
    .execute();
  return rows.map(({ failure, cache, detail, input, output, ...row }) => ({
    ...taskOf({
      ...row,
      failure: failure ?? NOTHING,
      cache: cache ?? NOTHING,
      detail: detail ?? toColumn({}),
      input: input ?? NOTHING,
      output: output ?? NOTHING,
    }),
    leftOut: leftOutOf({
      failure: [failure, row.failure_bytes],
      cache: [cache, row.cache_bytes],
      detail: [detail, row.detail_bytes],
      input: [input, row.input_bytes],
      output: [output, row.output_bytes],
    }),
  }));
}

/**
 * How large each task's values are, and all that may be listed up to it: the failures of all tasks go first, then what is
 * noted of them, then what they were given and gave. The sizes are worked out by themselves first: a window keeps the
 * columns that it looks at, and would keep the values. They have the whole key: joined on less of it, and told the rest, a
 * planner that takes a run for a row or two reads all its rows for each.
 */
function withRoom({ db, project }: SqlSession, runId: string) {
  const bytes = (column: Value) => listedBytes(`${column}_bytes`, VALUES[column]);
  const failures = bytes('failure');
  const notes = sql<number>`${bytes('cache')} + ${bytes('detail')}`;
  const given = sql<number>`${bytes('input')} + ${bytes('output')}`;
  const soFar = (part: RawBuilder<number>) => sql<number>`sum(${part}) over (order by sequence, path)`;
  return db
    .with(
      (name) => name('sizes').materialized(),
      (cte) =>
        cte
          .selectFrom('tasks')
          .where('project', '=', project)
          .where('run_id', '=', runId)
          .select(['project', 'run_id', 'path', 'sequence'])
          .select([bytesOf('failure').as('failure_bytes'), bytesOf('cache').as('cache_bytes')])
          .select([bytesOf('detail').as('detail_bytes')])
          .select([bytesOf('input').as('input_bytes'), bytesOf('output').as('output_bytes')]),
    )
    .with('room', (cte) =>
      cte
        .selectFrom('sizes')
        .select(['project', 'run_id', 'path'])
        .select(['failure_bytes', 'cache_bytes', 'detail_bytes', 'input_bytes', 'output_bytes'])
        .select(soFar(failures).as('failures_so_far'))
        .select(sql<number>`sum(${failures}) over () + ${soFar(notes)}`.as('notes_so_far'))
        .select(sql<number>`sum(${failures} + ${notes}) over () + ${soFar(given)}`.as('given_so_far')),
    );
}

export async function getTask({ db, project }: SqlSession, runId: string, path: string): Promise<Task | null> {
  const row = await db
    .selectFrom('tasks')
    .where('project', '=', project)
    .where('run_id', '=', runId)
    .where('path', '=', path)
    .selectAll()
    .executeTakeFirst();
  return row ? taskOf(row) : null;
}

/** One row a path: a statement may not touch a row twice, and the newest is all that would stay of them. */
function newestRows(project: string, runId: string, transitions: readonly Transition[]): readonly TaskRow[] {
  const rows = new Map<string, TaskRow>();
  for (const transition of transitions) {
    const row = rowOf(project, runId, transition);
    const other = rows.get(transition.path);
    const newest = other && other.sequence >= row.sequence ? other : row;
    rows.set(transition.path, { ...newest, started_at: earliest(row.started_at, other?.started_at ?? null) });
  }
  return [...rows.values()];
}

const KEY = ['project', 'run_id', 'path'] as const;
const STATE = [
  ...['sequence', 'kind', 'step', 'status', 'at', 'input', 'output', 'failure', 'cache', 'detail', 'ended_at'],
] as readonly Exclude<keyof TaskRow, (typeof KEY)[number] | 'started_at'>[];

/** What a task is but for its values. */
const WITHOUT_VALUES = [
  ...['tasks.project', 'tasks.run_id', 'tasks.path', 'tasks.sequence', 'tasks.kind', 'tasks.step', 'tasks.status'],
  ...['tasks.at', 'tasks.started_at', 'tasks.ended_at'],
] as readonly `tasks.${Exclude<keyof TaskRow, Value>}`[];
const NOTHING = toColumn(null);

/** Whether the run's end is written: from then on nothing that a zombie tells may change what a task ended as. */
function runHasEnded({ project }: SqlSession, runId: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`exists (select 1 from runs where runs.project = ${project} and runs.id = ${runId}
    and runs.ended_at is not null)`;
}

/**
 * The state follows the greatest sequence; the start is the earliest that any transition told, even one that arrives
 * after the end. So the row comes out the same in whatever order transitions come, and however often. Once the run has
 * ended, a task that is under way there may still end; one that has ended stays.
 */
function upsertTasks(session: SqlSession, runId: string, rows: readonly TaskRow[]): CompiledQuery {
  const { db } = session;
  const isNewer = sql<SqlBool>`excluded.sequence > tasks.sequence
    and (tasks.ended_at is null or not ${runHasEnded(session, runId)})`;
  const newer = (column: string) =>
    sql`case when ${isNewer} then ${sql.ref(`excluded.${column}`)} else ${sql.ref(`tasks.${column}`)} end`;
  const state = Object.fromEntries(STATE.map((column) => [column, newer(column)]));
  const started = sql<number>`case when tasks.started_at is null or excluded.started_at < tasks.started_at
    then excluded.started_at else tasks.started_at end`;
  return db
    .insertInto('tasks')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(KEY)
        .doUpdateSet({ ...state, started_at: started })
        .where(sql<boolean>`(${isNewer}) or tasks.started_at is null or excluded.started_at < tasks.started_at`),
    )
    .compile();
}

/** What is told too late to be under way has ended with its run, as it does where the run is given up. */
function endWithRun(session: SqlSession, runId: string, rows: readonly TaskRow[]): readonly CompiledQuery[] {
  const { db, project } = session;
  const paths = rows.filter((row) => row.ended_at === null).map(({ path }) => path);
  if (paths.length === 0) return [];
  const late = db
    .updateTable('tasks')
    .where('project', '=', project)
    .where('run_id', '=', runId)
    .where('path', 'in', paths)
    .where('ended_at', 'is', null)
    .where(runHasEnded(session, runId))
    .set((eb) => ({ status: 'cancelled', ended_at: eb.ref('at') }));
  return [late.compile()];
}

function earliest(left: number | null, right: number | null): number | null {
  return left === null || right === null ? (left ?? right) : Math.min(left, right);
}

const isUnderWay = (status: TaskStatus) => status === 'running' || status === 'waiting';

function rowOf(project: string, runId: string, transition: Transition): TaskRow {
  const underWay = isUnderWay(transition.status);
  return {
    project,
    run_id: runId,
    path: transition.path,
    sequence: transition.sequence,
    kind: transition.kind,
    step: transition.step,
    status: transition.status,
    at: transition.at,
    input: toColumn(transition.input),
    output: toColumn(transition.output),
    failure: toColumn(transition.failure),
    cache: toColumn(transition.cache),
    detail: toColumn(transition.detail),
    started_at: underWay ? transition.at : null,
    ended_at: underWay ? null : transition.at,
  };
}

/** What was recorded before origins were kept has none. */
function cacheOf(row: TaskRow): Task['cache'] {
  const cache: Task['cache'] = fromColumn(row.cache);
  return cache && { ...cache, origin: cache.origin ?? null };
}

function taskOf(row: TaskRow): Task {
  return {
    runId: row.run_id,
    path: row.path,
    sequence: row.sequence,
    kind: row.kind,
    step: row.step,
    status: row.status,
    at: row.at,
    input: fromColumn(row.input),
    output: fromColumn(row.output),
    failure: fromColumn(row.failure),
    cache: cacheOf(row),
    detail: fromColumn(row.detail),
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}
