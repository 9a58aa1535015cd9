import { type Expression, type OnConflictBuilder, type SqlBool, sql } from 'kysely';
import type { TaskFailure } from '../../../ir/protocol/task-failure.ts';
import {
  LISTED_ATTEMPT_BYTES,
  LISTED_ATTEMPTS,
  LISTED_ATTEMPTS_OF_RUN,
  LISTED_FAILURE_BYTES,
  LISTED_MESSAGE,
  LISTED_TASKS,
} from '../left-out.ts';
import { MetadataError } from '../metadata-store.ts';
import type { Attempt, AttemptKey, ListedAttempt, TaskTable } from '../task-table.ts';
import type { AttemptRow, Database } from './database.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { bytesOf, leftOutOf, listedBytes } from './listed-values.ts';
import type { SqlSession } from './sql-session.ts';
import { inListing } from './task-listing.ts';

type Start = Parameters<TaskTable['startAttempt']>[0];

/** What is said of an attempt that never told its end. */
const LOST: TaskFailure = {
  kind: 'worker',
  name: 'AttemptLost',
  message: 'A later attempt began before this one told its end: its worker was lost, or could not reach the store.',
  stack: null,
  retryable: true,
};

export async function startAttempt(session: SqlSession, attempt: Start): Promise<void> {
  const { db, project, transact } = session;
  const { runId, path, startedAt } = attempt;
  const ofTask = db
    .selectFrom('attempts')
    .where('project', '=', project)
    .where('run_id', '=', runId)
    .where('path', '=', path);
  await transact([
    db
      .insertInto('attempts')
      .values(startedRow(project, attempt))
      .onConflict((conflict) => beginAgain(session, conflict, attempt))
      .compile(),
    db
      .updateTable('attempts')
      .where('project', '=', project)
      .where('run_id', '=', runId)
      .where('path', '=', path)
      .where('status', '=', 'running')
      .where(
        'attempt',
        '<',
        ofTask.select((eb) => eb.fn.max('attempt').as('newest')),
      )
      .set({ status: 'failed', ended_at: startedAt, failure: toColumn(LOST) })
      .compile(),
  ]);
}

/** How its first delivery ended was told to nobody: what counts is how this one ends, unless a later attempt has begun. */
function beginAgain(session: SqlSession, conflict: OnConflictBuilder<Database, 'attempts'>, attempt: Start) {
  const { worker, delivery, started_at, ended_at, failure, status } = startedRow(session.project, attempt);
  const { late = false, startedAt } = attempt;
  return conflict
    .columns(['project', 'run_id', 'path', 'attempt'])
    .doUpdateSet({ status, worker, delivery, started_at, ended_at, failure })
    .where((eb) =>
      late
        ? eb('attempts.ended_at', '<=', startedAt)
        : eb.or([eb('attempts.status', '!=', 'running'), eb('attempts.delivery', '!=', delivery)]),
    )
    .where(isNewestAttempt(session, attempt));
}

export async function progressAttempt(
  session: SqlSession,
  key: AttemptKey,
  progress: number | null,
  message: string | null,
): Promise<void> {
  await updateRunning(session, key).set({ progress, message }).execute();
}

export async function endAttempt(
  session: SqlSession,
  key: AttemptKey,
  end: Parameters<TaskTable['endAttempt']>[1],
): Promise<boolean> {
  const { db, project, transact } = session;
  const [, found] = await transact([
    updateRunning(session, key)
      .set({ status: end.status, ended_at: end.at, failure: toColumn(end.failure) })
      .compile(),
    db
      .selectFrom('attempts')
      .where('project', '=', project)
      .where('run_id', '=', key.runId)
      .where('path', '=', key.path)
      .where('attempt', '>=', key.attempt)
      .select(['attempt', 'status', 'delivery'])
      .orderBy('attempt')
      .compile(),
  ]);
  const [row, later] = found.rows;
  if (row?.attempt !== key.attempt) throw neverStarted(key);
  // The same end told again, after a lost answer, was taken too.
  const isOurs = key.delivery === undefined || row.delivery === key.delivery;
  return later === undefined && isOurs && row.status === end.status;
}

/** Of one task their failures are whole: what workers keep of them is bounded, and nothing else gives it. */
export async function listAttempts(
  session: SqlSession,
  runId: string,
  path?: string,
): Promise<readonly ListedAttempt[]> {
  const listedFailure = sql<string | null>`case when room.bytes <= ${NO_FAILURE.length}
    or (room.bytes <= ${LISTED_FAILURE_BYTES} and room.so_far <= ${LISTED_ATTEMPT_BYTES}) then attempts.failure end`;
  const failure = path === undefined ? listedFailure : sql<string | null>`attempts.failure`;
  const rows = await withRoom(session, runId, path)
    .selectFrom('room')
    .innerJoin('attempts', (join) =>
      join
        .onRef('attempts.project', '=', 'room.project')
        .onRef('attempts.run_id', '=', 'room.run_id')
        .onRef('attempts.path', '=', 'room.path')
        .onRef('attempts.attempt', '=', 'room.attempt'),
    )
    .where((eb) => eb.or([eb('room.age', '=', 1), eb('room.number', '<=', LISTED_ATTEMPTS_OF_RUN)]))
    .select(BUT_TEXTS)
    .select([failure.as('failure'), 'room.bytes'])
    .select(sql<string | null>`substr(attempts.message, 1, ${LISTED_MESSAGE})`.as('message'))
    .orderBy('attempts.path')
    .orderBy('attempts.attempt')
    .execute();
  return rows.map(({ failure: text, bytes, ...row }) => ({
    ...attemptOf({ ...row, failure: text ?? NO_FAILURE }),
    leftOut: leftOutOf({ failure: [text, bytes] }),
  }));
}

const NO_FAILURE = toColumn(null);
const BUT_TEXTS = [
  ...['attempts.project', 'attempts.run_id', 'attempts.path', 'attempts.attempt', 'attempts.delivery'],
  ...['attempts.status', 'attempts.worker', 'attempts.queue', 'attempts.started_at', 'attempts.ended_at'],
  'attempts.progress',
] as readonly `attempts.${Exclude<keyof AttemptRow, 'failure' | 'message'>}`[];

/**
 * The newest attempts of each task by how new they are (1 is the newest), their place when those of all tasks are put in
 * that order, and how many bytes the failures come to up to there. Sizes first, and the whole key,
 * for the reasons that tasks have them so.
 */
function withRoom(session: SqlSession, runId: string, path: string | undefined) {
  const { db, project } = session;
  return db
    .with(
      (name) => name('listed').materialized(),
      () => inListing(session, runId, LISTED_TASKS),
    )
    .with(
      (name) => name('sizes').materialized(),
      (cte) => {
        const query =
          path === undefined
            ? cte
                .selectFrom('listed')
                .innerJoin('attempts', (join) =>
                  join
                    .onRef('attempts.project', '=', 'listed.project')
                    .onRef('attempts.run_id', '=', 'listed.run_id')
                    .onRef('attempts.path', '=', 'listed.path'),
                )
            : cte
                .selectFrom('attempts')
                .where('project', '=', project)
                .where('run_id', '=', runId)
                .where('path', '=', path);
        return query
          .select(['attempts.project', 'attempts.run_id', 'attempts.path', 'attempts.attempt'])
          .select(bytesOf('attempts.failure').as('bytes'));
      },
    )
    .with('ages', (cte) =>
      cte
        .selectFrom('sizes')
        .select(['project', 'run_id', 'path', 'attempt', 'bytes'])
        .select(sql<number>`row_number() over (partition by path order by attempt desc)`.as('age')),
    )
    .with('room', (cte) =>
      cte
        .selectFrom('ages')
        .where('age', '<=', LISTED_ATTEMPTS)
        .select(['project', 'run_id', 'path', 'attempt', 'bytes', 'age'])
        .select(sql<number>`row_number() over (order by age, path)`.as('number'))
        .select(sql<number>`sum(${listedBytes('bytes', LISTED_FAILURE_BYTES)}) over (order by age, path)`.as('so_far')),
    );
}

/** True where no attempt later than this one has started: the fence that keeps zombies out. */
export function isNewestAttempt({ project }: SqlSession, { runId, path, attempt }: AttemptKey): Expression<SqlBool> {
  return sql<SqlBool>`not exists (select 1 from attempts as later where later.project = ${project}
    and later.run_id = ${runId} and later.path = ${path} and later.attempt > ${attempt})`;
}

/** True where no other delivery of the attempt has started since this one. */
export function isNewestDelivery({ project }: SqlSession, key: AttemptKey): Expression<SqlBool> {
  if (key.delivery === undefined) return sql<SqlBool>`1 = 1`;
  return sql<SqlBool>`not exists (select 1 from attempts as other where other.project = ${project}
    and other.run_id = ${key.runId} and other.path = ${key.path} and other.attempt = ${key.attempt}
    and other.delivery <> ${key.delivery})`;
}

function updateRunning(session: SqlSession, key: AttemptKey) {
  return session.db
    .updateTable('attempts')
    .where('project', '=', session.project)
    .where('run_id', '=', key.runId)
    .where('path', '=', key.path)
    .where('attempt', '=', key.attempt)
    .where('status', '=', 'running')
    .where(isNewestDelivery(session, key))
    .where(isNewestAttempt(session, key));
}

function neverStarted({ runId, path, attempt }: AttemptKey): MetadataError {
  return new MetadataError('notFound', `Attempt ${attempt} of '${path}' in run '${runId}' was never started here.`);
}

function startedRow(project: string, attempt: Start): AttemptRow {
  return {
    project,
    run_id: attempt.runId,
    path: attempt.path,
    attempt: attempt.attempt,
    delivery: attempt.delivery ?? '',
    status: 'running',
    worker: attempt.worker,
    queue: attempt.queue,
    started_at: attempt.startedAt,
    ended_at: null,
    failure: toColumn(null),
    progress: null,
    message: null,
  };
}

function attemptOf(row: AttemptRow): Attempt {
  return {
    runId: row.run_id,
    path: row.path,
    attempt: row.attempt,
    status: row.status,
    worker: row.worker,
    queue: row.queue,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    failure: fromColumn(row.failure),
    progress: row.progress,
    message: row.message,
  };
}
