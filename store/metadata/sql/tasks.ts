import { type CompiledQuery, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { TaskStatus, Transition } from '../../../ir/protocol/transition.ts';
import { LISTED_BYTES, LISTED_VALUE_BYTES } from '../left-out.ts';
import type { ListedTask, Task } from '../task-table.ts';
import type { TaskRow } from './database.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { recordLineage } from './lineage.ts';
import { bytesOf, leftOutOf } from './listed-values.ts';
import { chunksOf } from './row-chunks.ts';
import type { SqlSession } from './sql-session.ts';

export async function record(session: SqlSession, runId: string, transitions: readonly Transition[]): Promise<void> {
  const rows = newestRows(session.project, runId, transitions);
  await session.transact([
    ...chunksOf(rows).flatMap((chunk) => [upsertTasks(session, runId, chunk), ...endWithRun(session, runId, chunk)]),
    ...recordLineage(session, runId, transitions),
  ]);
}

export async function listTasks(session: SqlSession, runId: string): Promise<readonly ListedTask[]> {
  const listed = (column: string) =>
    sql<string | null>`case when ${sql.ref(`room.${column}_bytes`)} <= ${LISTED_VALUE_BYTES}
      and room.so_far <= ${LISTED_BYTES} then ${sql.ref(`tasks.${column}`)} end`;
  const rows = await withRoom(session, runId)
    .selectFrom('room')
    .innerJoin('tasks', (join) =>
      join
        .onRef('tasks.path', '=', 'room.path')
        .on('tasks.project', '=', session.project)
        .on('tasks.run_id', '=', runId),
    )
    .select(WITHOUT_VALUES)
    .select(['room.input_bytes', 'room.output_bytes', listed('input').as('input'), listed('output').as('output')])
    .orderBy('tasks.sequence')
    .execute();
  return rows.map(({ input, output, input_bytes, output_bytes, ...row }) => ({
    ...taskOf({ ...row, input: input ?? NOTHING, output: output ?? NOTHING }),
    leftOut: leftOutOf({ input: [input, input_bytes], output: [output, output_bytes] }),
  }));
}

/**
 * How large each task's values are, and all that may be listed up to it. The sizes are worked out by themselves first:
 * a window keeps the columns that it looks at, and would keep the values.
 */
function withRoom({ db, project }: SqlSession, runId: string) {
  const small = (column: string) =>
    sql<number>`case when ${sql.ref(column)} <= ${LISTED_VALUE_BYTES} then ${sql.ref(column)} else 0 end`;
  const soFar = sql<number>`sum(${small('input_bytes')} + ${small('output_bytes')}) over (order by sequence, path)`;
  return db
    .with(
      (name) => name('sizes').materialized(),
      (cte) =>
        cte
          .selectFrom('tasks')
          .where('project', '=', project)
          .where('run_id', '=', runId)
          .select(['path', 'sequence', bytesOf('input').as('input_bytes'), bytesOf('output').as('output_bytes')]),
    )
    .with('room', (cte) => cte.selectFrom('sizes').select(['path', 'input_bytes', 'output_bytes', soFar.as('so_far')]));
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
  ...['tasks.at', 'tasks.failure', 'tasks.cache', 'tasks.detail', 'tasks.started_at', 'tasks.ended_at'],
] as readonly `tasks.${Exclude<keyof TaskRow, 'input' | 'output'>}`[];
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
    cache: fromColumn(row.cache),
    detail: fromColumn(row.detail),
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}
