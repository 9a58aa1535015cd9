import { type CompiledQuery, type RawBuilder, type SqlBool, sql } from 'kysely';
import { DONE_STATUSES, type TaskStatus, type Transition } from '../../../ir/protocol/transition.ts';
import type { Task } from '../task-table.ts';
import { copyMetrics } from './copied-metrics.ts';
import type { TaskRow } from './database.ts';
import { toColumn } from './json-column.ts';
import { recordLineage } from './lineage.ts';
import { chunksOf } from './row-chunks.ts';
import type { SqlSession } from './sql-session.ts';
import { countTasks } from './task-counts.ts';
import { tellTransitions } from './task-events.ts';
import { CANCELLED_LISTING, listingOf } from './task-listing.ts';
import { taskOf } from './task-of.ts';

export async function record(session: SqlSession, runId: string, transitions: readonly Transition[]): Promise<void> {
  const rows = newestRows(session.project, runId, transitions);
  const told = await tellTransitions(session, runId, transitions);
  await session.transact([
    ...chunksOf(rows).flatMap((chunk) => recordRows(session, runId, chunk)),
    ...recordLineage(session, runId, transitions),
    ...copyMetrics(session, runId, transitions),
    ...told,
  ]);
}

function recordRows(session: SqlSession, runId: string, rows: readonly TaskRow[]): readonly CompiledQuery[] {
  const of = { paths: rows.map(({ path }) => path) };
  return [
    countTasks(session, runId, of, -1),
    upsertTasks(session, runId, rows),
    ...endWithRun(session, runId, rows),
    countTasks(session, runId, of, 1),
  ];
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

export async function doneIn(
  { db, project }: SqlSession,
  runIds: readonly string[],
  path: string,
): Promise<ReadonlySet<string>> {
  if (runIds.length === 0) return new Set();
  const rows = await db
    .selectFrom('tasks')
    .where('project', '=', project)
    .where('run_id', 'in', runIds)
    .where('path', '=', path)
    .where('status', 'in', DONE_STATUSES)
    .select('run_id')
    .execute();
  return new Set(rows.map(({ run_id }) => run_id));
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
  ...['rank', 'turn'],
] as readonly Exclude<keyof TaskRow, (typeof KEY)[number] | 'started_at' | 'address'>[];

/** Whether the run's end is written: from then on nothing that a zombie tells may change what a task ended as. */
export function runHasEnded({ project }: SqlSession, runId: string): RawBuilder<SqlBool> {
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
    .set((eb) => ({ status: 'cancelled', ended_at: eb.ref('at'), ...CANCELLED_LISTING }));
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
    ...listingOf(transition),
  };
}
