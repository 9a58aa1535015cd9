import { type SqlBool, sql } from 'kysely';
import type { PlacedProcess } from '../../../platform/process-identity.ts';
import { MetadataError } from '../metadata-store.ts';
import type { ListedRun, NewRun, Run, RunFilter, RunTable } from '../run-table.ts';
import { ConstraintError } from './constraint-error.ts';
import type { RunRow } from './database.ts';
import { endRun } from './end-run.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { bytesOf, leftOutOf, listedValue } from './listed-values.ts';
import { cursorKey, isCreatedKey, pageLimit, pageOf } from './paging.ts';
import { partitionRuns } from './partition-runs.ts';
import { retriedBy } from './retried-runs.ts';
import { tellRunEnded } from './run-events.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlRunTable(session: SqlSession): RunTable {
  return {
    create: (run, failed) => create(session, run, failed),
    get: (id) => get(session, id),
    outline: (id) => outline(session, id),
    list: (filter) => list(session, filter),
    ofPartitions: (of, partitions) => partitionRuns(session, of, partitions),
    retriedBy: (id) => retriedBy(session, id),
    start: (id, at) => start(session, id, at),
    claim: (id, runner) => claim(session, id, runner),
    setPause: (id, pause, sequence) => setPause(session, id, pause, sequence),
    end: async (id, outcome) => {
      if (!(await endRun(session, id, outcome))) throw noRun(session, id);
    },
  };
}

async function create(session: SqlSession, run: NewRun, failed: Parameters<RunTable['create']>[1]): Promise<Run> {
  const { db, project, transact } = session;
  const end = failed && { status: 'failed' as const, error: failed.error, ended_at: failed.at };
  const row = { ...newRow(project, run), ...end };
  const told = failed && tellRunEnded(session, row, { ...failed, status: 'failed' }, sql<SqlBool>`1 = 1`);
  try {
    await transact([db.insertInto('runs').values(row).compile(), ...(told ? [told] : [])]);
  } catch (error) {
    if (!(error instanceof ConstraintError && error.constraint === 'unique')) throw error;
    throw new MetadataError(
      'conflict',
      `Run '${run.id}' exists in project '${project}'. Read it, or submit under another id.`,
    );
  }
  return runOf(row);
}

async function get({ db, project }: SqlSession, id: string): Promise<Run | null> {
  const row = await db
    .selectFrom('runs')
    .where('project', '=', project)
    .where('id', '=', id)
    .selectAll()
    .executeTakeFirst();
  return row ? runOf(row) : null;
}

async function outline(session: SqlSession, id: string): Promise<ListedRun | null> {
  const row = await selectListed(session).where('id', '=', id).executeTakeFirst();
  return row ? listedRunOf(row) : null;
}

async function list(session: SqlSession, filter: RunFilter | undefined) {
  const limit = pageLimit(filter);
  const after = cursorKey(filter, 'runs', isCreatedKey);
  let query = selectListed(session);
  if (filter?.pipeline !== undefined) query = query.where('pipeline', '=', filter.pipeline);
  if (filter?.schedule !== undefined) query = query.where('schedule', '=', filter.schedule);
  if (filter?.backfill !== undefined) query = query.where('backfill', '=', filter.backfill);
  if (filter?.partition !== undefined) query = query.where('partition', '=', filter.partition);
  if (filter?.status !== undefined) query = query.where('status', '=', filter.status);
  if (after) query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('created_at', 'id'), '<', tuple(...after)));
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, 'runs', (row) => [row.created_at, row.id], listedRunOf);
}

const COLUMNS_BUT_VALUES = [
  ...['project', 'id', 'pipeline', 'pipeline_version', 'compiled_digest', 'name', 'driver', 'workflow_id', 'runner'],
  ...[
    'status',
    'pause',
    'pause_sequence',
    'error',
    'submitted_by',
    'retry_of',
    'cache',
    'rerun_from',
    'logical_time',
    'partition',
    'schedule',
    'backfill',
    'priority',
    'created_at',
    'started_at',
    'ended_at',
  ],
] as readonly Exclude<keyof RunRow, 'params' | 'output'>[];

function selectListed({ db, project }: SqlSession) {
  return db
    .selectFrom('runs')
    .where('project', '=', project)
    .select(COLUMNS_BUT_VALUES)
    .select([listedValue('params').as('params'), bytesOf('params').as('params_bytes')])
    .select([listedValue('output').as('output'), bytesOf('output').as('output_bytes')]);
}

type ListedRow = Awaited<ReturnType<ReturnType<typeof selectListed>['executeTakeFirstOrThrow']>>;

function listedRunOf({ params, params_bytes, output, output_bytes, ...row }: ListedRow): ListedRun {
  return {
    ...runOf({ ...row, params: params ?? toColumn({}), output: output ?? toColumn(null) }),
    leftOut: leftOutOf({ params: [params, params_bytes], output: [output, output_bytes] }),
  };
}

async function start(session: SqlSession, id: string, at: number): Promise<void> {
  const { db, project } = session;
  const { numUpdatedRows } = await db
    .updateTable('runs')
    .where('project', '=', project)
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .set({ status: 'running', started_at: at })
    .executeTakeFirst();
  if (numUpdatedRows === 0n) await requireRun(session, id);
}

async function claim(session: SqlSession, id: string, runner: PlacedProcess): Promise<boolean> {
  const { db, project } = session;
  const { numUpdatedRows } = await db
    .updateTable('runs')
    .where('project', '=', project)
    .where('id', '=', id)
    .where('runner', '=', toColumn(null))
    .where('ended_at', 'is', null)
    .set({ runner: toColumn({ ...runner }) })
    .executeTakeFirst();
  if (numUpdatedRows === 0n) await requireRun(session, id);
  return numUpdatedRows > 0n;
}

async function setPause(session: SqlSession, id: string, pause: Run['pause'], sequence: number): Promise<void> {
  const { db, project } = session;
  const { numUpdatedRows } = await db
    .updateTable('runs')
    .where('project', '=', project)
    .where('id', '=', id)
    .where('pause_sequence', '<', sequence)
    .where('ended_at', 'is', null)
    .set({ pause: toColumn(pause && { ...pause }), pause_sequence: sequence })
    .executeTakeFirst();
  if (numUpdatedRows === 0n) await requireRun(session, id);
}

/** A change that no row took is in order for a run that has gone on, and a mistake for one that was never created. */
async function requireRun(session: SqlSession, id: string): Promise<void> {
  const { db, project } = session;
  const rows = await db.selectFrom('runs').where('project', '=', project).where('id', '=', id).select('id').execute();
  if (rows.length === 0) throw noRun(session, id);
}

function noRun({ project }: SqlSession, id: string): MetadataError {
  return new MetadataError('notFound', `There is no run '${id}' in project '${project}'. Create it first.`);
}

function newRow(project: string, run: NewRun): RunRow {
  return {
    project,
    id: run.id,
    pipeline: run.pipeline,
    pipeline_version: run.pipelineVersion,
    compiled_digest: run.compiledDigest,
    name: run.name,
    driver: run.driver,
    workflow_id: run.workflowId,
    runner: toColumn(null),
    params: toColumn(run.params),
    status: 'pending',
    output: toColumn(null),
    error: null,
    submitted_by: run.submittedBy,
    retry_of: run.retryOf,
    cache: run.cache ?? null,
    rerun_from: toColumn(run.rerunFrom),
    pause: toColumn(null),
    pause_sequence: 0,
    logical_time: run.logicalTime,
    partition: run.partition,
    schedule: run.schedule,
    backfill: run.backfill ?? null,
    priority: run.priority ?? null,
    created_at: Date.now(),
    started_at: null,
    ended_at: null,
  };
}

function runOf(row: RunRow): Run {
  return {
    id: row.id,
    pipeline: row.pipeline,
    pipelineVersion: row.pipeline_version,
    compiledDigest: row.compiled_digest,
    name: row.name,
    driver: row.driver,
    workflowId: row.workflow_id,
    runner: fromColumn(row.runner),
    params: fromColumn(row.params),
    status: row.status,
    pause: fromColumn(row.pause),
    output: fromColumn(row.output),
    error: row.error,
    submittedBy: row.submitted_by,
    retryOf: row.retry_of,
    cache: row.cache,
    rerunFrom: fromColumn(row.rerun_from),
    logicalTime: row.logical_time,
    partition: row.partition,
    schedule: row.schedule,
    backfill: row.backfill,
    priority: row.priority,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}
