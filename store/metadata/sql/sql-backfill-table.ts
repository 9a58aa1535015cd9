import type { Backfill, BackfillFilter, BackfillTable, NewBackfill } from '../backfill-table.ts';
import { MetadataError, type Page } from '../metadata-store.ts';
import { ConstraintError } from './constraint-error.ts';
import type { BackfillRow } from './database.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { cursorKey, isCreatedKey, pageLimit, pageOf } from './paging.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlBackfillTable(session: SqlSession): BackfillTable {
  return {
    create: (backfill) => create(session, backfill),
    get: (id) => get(session, id),
    list: (page) => list(session, page),
    partitions: (id) => keys(session, id, 'partitions'),
    pending: (id) => keys(session, id, 'pending'),
    beginRound: (id, after, pending) => beginRound(session, id, after, pending),
    endRound: (id, round, end) => endRound(session, id, round, end),
  };
}

type ListedRow = Omit<BackfillRow, 'partitions' | 'pending'>;

async function create({ db, project }: SqlSession, backfill: NewBackfill): Promise<Backfill> {
  const partitions = toColumn([...backfill.partitions]);
  const row: ListedRow = {
    project,
    id: backfill.id,
    request: backfill.request,
    pipeline: backfill.pipeline,
    pipeline_version: backfill.pipelineVersion,
    compiled_digest: backfill.compiledDigest,
    params: toColumn(backfill.params),
    concurrency: backfill.concurrency,
    priority: backfill.priority,
    size: backfill.partitions.length,
    left_out: backfill.leftOut,
    rerun: backfill.rerun,
    round: 1,
    status: 'running',
    created_by: backfill.createdBy,
    created_at: Date.now(),
    ended_at: null,
  };
  try {
    await db
      .insertInto('backfills')
      .values({ ...row, partitions, pending: partitions })
      .execute();
  } catch (error) {
    if (!(error instanceof ConstraintError && error.constraint === 'unique')) throw error;
    throw new MetadataError('conflict', `There is a backfill '${backfill.id}' already. Choose another name.`);
  }
  return backfillOf(row);
}

function select({ db, project }: SqlSession) {
  return db
    .selectFrom('backfills')
    .where('project', '=', project)
    .select(['project', 'id', 'request', 'pipeline', 'pipeline_version', 'compiled_digest', 'params', 'concurrency'])
    .select(['priority', 'size', 'left_out', 'rerun', 'round', 'status', 'created_by', 'created_at', 'ended_at']);
}

async function get(session: SqlSession, id: string): Promise<Backfill | null> {
  const row = await select(session).where('id', '=', id).executeTakeFirst();
  return row ? backfillOf(row) : null;
}

async function list(session: SqlSession, request: BackfillFilter | undefined): Promise<Page<Backfill>> {
  const limit = pageLimit(request);
  const after = cursorKey(request, 'backfills', isCreatedKey);
  let query = select(session);
  if (request?.pipeline !== undefined) query = query.where('pipeline', '=', request.pipeline);
  if (request?.status !== undefined) query = query.where('status', '=', request.status);
  if (after) query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('created_at', 'id'), '<', tuple(...after)));
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, 'backfills', (row) => [row.created_at, row.id], backfillOf);
}

async function keys({ db, project }: SqlSession, id: string, column: 'partitions' | 'pending') {
  const row = await db
    .selectFrom('backfills')
    .where('project', '=', project)
    .where('id', '=', id)
    .select(`${column} as keys`)
    .executeTakeFirst();
  return row ? fromColumn<readonly string[]>(row.keys) : [];
}

async function beginRound(
  session: SqlSession,
  id: string,
  after: number,
  pending: readonly string[],
): Promise<Backfill> {
  const { db, project } = session;
  const { numUpdatedRows } = await db
    .updateTable('backfills')
    .where('project', '=', project)
    .where('id', '=', id)
    .where('round', '=', after)
    .where('ended_at', 'is not', null)
    .set({ round: after + 1, pending: toColumn([...pending]), status: 'running', ended_at: null })
    .executeTakeFirst();
  const now = await get(session, id);
  if (now === null) throw new MetadataError('notFound', `There is no backfill '${id}' in project '${project}'.`);
  if (numUpdatedRows > 0n) return now;
  throw new MetadataError('conflict', `Backfill '${id}' is under way, in its round ${now.round}. Wait for its end.`);
}

async function endRound(
  { db, project }: SqlSession,
  id: string,
  round: number,
  { status, at }: Parameters<BackfillTable['endRound']>[2],
): Promise<void> {
  await db
    .updateTable('backfills')
    .where('project', '=', project)
    .where('id', '=', id)
    .where('round', '=', round)
    .where('ended_at', 'is', null)
    .set({ status, ended_at: at })
    .execute();
}

function backfillOf(row: ListedRow): Backfill {
  return {
    id: row.id,
    request: row.request,
    pipeline: row.pipeline,
    pipelineVersion: row.pipeline_version,
    compiledDigest: row.compiled_digest,
    params: fromColumn(row.params),
    concurrency: row.concurrency,
    priority: row.priority,
    size: row.size,
    leftOut: row.left_out,
    rerun: row.rerun,
    round: row.round,
    status: row.status,
    createdBy: row.created_by,
    createdAt: row.created_at,
    endedAt: row.ended_at,
  };
}
