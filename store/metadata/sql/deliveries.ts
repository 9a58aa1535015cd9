import type { CompiledQuery } from 'kysely';
import type { Page, PageRequest } from '../metadata-store.ts';
import type { Delivery, NewDelivery, NotificationTable, TryEnd } from '../notification-table.ts';
import type { DeliveryRow } from './event-rows.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { cursorKey, isCreatedKey, pageLimit, pageOf } from './paging.ts';
import { chunksOf } from './row-chunks.ts';
import type { SqlSession } from './sql-session.ts';

export async function enqueue(session: SqlSession, deliveries: readonly NewDelivery[]): Promise<void> {
  const { db, project } = session;
  const queries = chunksOf(deliveries).map((chunk) =>
    db
      .insertInto('deliveries')
      .values(chunk.map((delivery) => rowOf(project, delivery)))
      .onConflict((conflict) => conflict.columns(['project', 'id']).doNothing())
      .compile(),
  );
  if (queries.length > 0) await session.transact(queries);
}

function rowOf(project: string, { id, notification, message, createdAt }: NewDelivery): DeliveryRow {
  return {
    ...{ project, id, notification, message: toColumn(message), status: 'pending', attempts: 0 },
    ...{ next_at: createdAt, lease_until: 0, last_error: null, created_at: createdAt, ended_at: null },
  };
}

function pending({ db, project }: SqlSession, now: number) {
  return db
    .selectFrom('deliveries')
    .where('project', '=', project)
    .where('status', '=', 'pending')
    .where('next_at', '<=', now)
    .where('lease_until', '<=', now);
}

export async function due(session: SqlSession, now: number): Promise<readonly string[]> {
  const rows = await pending(session, now).select('notification').distinct().orderBy('notification').execute();
  return rows.map(({ notification }) => notification);
}

/** One statement, and writes are serial: of two processes that ask at once, each gets others. */
export async function claim(
  session: SqlSession,
  notification: string,
  { now, leaseUntil, limit }: Parameters<NotificationTable['claim']>[1],
): Promise<readonly Delivery[]> {
  const { db, project } = session;
  const oldest = pending(session, now)
    .where('notification', '=', notification)
    .orderBy('next_at')
    .orderBy('id')
    .limit(limit)
    .select('id');
  const rows = await db
    .updateTable('deliveries')
    .set(({ eb }) => ({ lease_until: leaseUntil, attempts: eb('attempts', '+', 1) }))
    .where('project', '=', project)
    .where('id', 'in', oldest)
    .returningAll()
    .execute();
  return rows.map(deliveryOf);
}

export async function endTry(
  { db, project }: SqlSession,
  { id, attempts }: Pick<Delivery, 'id' | 'attempts'>,
  end: TryEnd,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('deliveries')
    .set(endOf(end))
    .where('project', '=', project)
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .where('status', '=', 'pending')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

function endOf(end: TryEnd): Partial<DeliveryRow> {
  if (end.kind === 'delivered') return { status: 'delivered', last_error: end.error, ended_at: end.at };
  const { error, at, nextAt } = end;
  if (nextAt === null) return { status: 'failed', last_error: error, ended_at: at };
  return { next_at: nextAt, lease_until: 0, last_error: error };
}

export function giveUp({ db, project }: SqlSession, notification: string, why: string): CompiledQuery<unknown> {
  return db
    .updateTable('deliveries')
    .set({ status: 'failed', last_error: why, ended_at: Date.now() })
    .where('project', '=', project)
    .where('notification', '=', notification)
    .where('status', '=', 'pending')
    .compile();
}

export async function deliveries(
  { db, project }: SqlSession,
  notification: string,
  request: PageRequest | undefined,
): Promise<Page<Delivery>> {
  const limit = pageLimit(request);
  const after = cursorKey(request, 'deliveries', isCreatedKey);
  let query = db.selectFrom('deliveries').where('project', '=', project).where('notification', '=', notification);
  if (after) {
    const [createdAt, id] = after;
    query = query.where(({ or, and, eb }) =>
      or([eb('created_at', '<', createdAt), and([eb('created_at', '=', createdAt), eb('id', '<', id)])]),
    );
  }
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .selectAll()
    .execute();
  return pageOf(rows, limit, 'deliveries', (row) => [row.created_at, row.id], deliveryOf);
}

export async function deleteBefore({ db, project }: SqlSession, at: number): Promise<void> {
  await db.deleteFrom('deliveries').where('project', '=', project).where('ended_at', '<', at).execute();
}

function deliveryOf(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    notification: row.notification,
    message: fromColumn(row.message),
    status: row.status,
    attempts: row.attempts,
    nextAt: row.next_at,
    lastError: row.last_error,
    createdAt: row.created_at,
    endedAt: row.ended_at,
  };
}
