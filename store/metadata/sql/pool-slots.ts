import { type CompiledQuery, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { SlotAnswer, SlotWaiter } from '../../../ir/protocol/slots.ts';
import type { PoolTable, SlotRequest } from '../pool-table.ts';
import type { PoolSlotRow } from './database.ts';
import type { SqlSession } from './sql-session.ts';

/** Of a row of `pool_slots`: its run goes on, its task has not ended, and its lease has not run out. */
export function isLive(project: string, now: number): RawBuilder<SqlBool> {
  return sql<SqlBool>`pool_slots.lease_until > ${now}
    and exists (select 1 from runs where runs.project = ${project} and runs.id = pool_slots.run_id
      and runs.ended_at is null)
    and not exists (select 1 from tasks where tasks.project = ${project} and tasks.run_id = pool_slots.run_id
      and tasks.path = pool_slots.path and tasks.ended_at is not null)`;
}

/** In one transaction, and transactions are serial: of two that ask at once, each sees what the other got. */
export async function takeSlots(session: SqlSession, request: SlotRequest, now: number): Promise<SlotAnswer> {
  const [, , , mine] = await session.transact([
    dropDead(session, now),
    standInLine(session, request, now),
    grant(session, request, now),
    selectOwn(session, request),
  ]);
  const unknown = mine.rows.find(({ size }) => size === null);
  if (unknown) {
    await session.transact([drop(session, request.by)]);
    return { kind: 'noPool', pool: unknown.pool };
  }
  return { kind: mine.rows.every(({ granted_at }) => granted_at !== null) ? 'granted' : 'waits' };
}

/** So that all else need not ask who is alive. The table has what is under way, and no more. */
function dropDead({ db, project }: SqlSession, now: number): CompiledQuery<unknown> {
  return db
    .deleteFrom('pool_slots')
    .where('project', '=', project)
    .where(sql<SqlBool>`not (${isLive(project, now)})`)
    .compile();
}

function standInLine({ db, project }: SqlSession, request: SlotRequest, now: number): CompiledQuery<unknown> {
  const { by, demands, priority, workflowId, standsUntil } = request;
  const rows = demands.map(({ pool, slots, ownSize }) => ({
    ...{ project, pool, slots, priority, run_id: by.runId, path: by.path, own_size: ownSize },
    ...{ workflow_id: workflowId, asked_at: now, granted_at: null, lease_until: standsUntil },
  }));
  return db
    .insertInto('pool_slots')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['project', 'pool', 'run_id', 'path'])
        .doUpdateSet((eb) => ({ lease_until: eb.ref('excluded.lease_until') }))
        .where('pool_slots.granted_at', 'is', null),
    )
    .compile();
}

/** How many slots there are for a row; null where there is no such pool. */
function sizeFor(row: 'mine' | 'huge'): RawBuilder<number | null> {
  return sql`coalesce((select pools.slots from pools where pools.project = ${sql.ref(`${row}.project`)}
    and pools.name = ${sql.ref(`${row}.pool`)}), ${sql.ref(`${row}.own_size`)})`;
}

/**
 * Grants all or nothing. Who stands before waits for no one behind it, so a task that needs many slots gets them once they
 * are free; one that needs more than there are in all holds up nobody.
 */
function grant({ db, project }: SqlSession, { by, holdsUntil }: SlotRequest, now: number): CompiledQuery<unknown> {
  const isOther = sql`not (other.run_id = mine.run_id and other.path = mine.path)`;
  const isBefore = sql`(other.priority, other.asked_at, other.run_id, other.path)
    < (mine.priority, mine.asked_at, mine.run_id, mine.path)`;
  const isBlocked = sql<SqlBool>`exists (select 1 from pool_slots as mine
    where mine.project = ${project} and mine.run_id = ${by.runId} and mine.path = ${by.path} and (
      ${sizeFor('mine')} is null
      or mine.slots + coalesce((select sum(other.slots) from pool_slots as other where other.project = mine.project
        and other.pool = mine.pool and other.granted_at is not null and ${isOther}), 0) > ${sizeFor('mine')}
      or exists (select 1 from pool_slots as other where other.project = mine.project and other.pool = mine.pool
        and other.granted_at is null and ${isOther} and ${isBefore} and not exists (select 1 from pool_slots as huge
          where huge.project = other.project and huge.run_id = other.run_id and huge.path = other.path
            and huge.slots > ${sizeFor('huge')}))))`;
  return db
    .updateTable('pool_slots')
    .where('project', '=', project)
    .where('run_id', '=', by.runId)
    .where('path', '=', by.path)
    .where('granted_at', 'is', null)
    .where(sql<SqlBool>`not ${isBlocked}`)
    .set({ granted_at: now, lease_until: holdsUntil })
    .compile();
}

function selectOwn({ db, project }: SqlSession, { by }: SlotRequest) {
  return db
    .selectFrom('pool_slots')
    .leftJoin('pools', (join) =>
      join.onRef('pools.project', '=', 'pool_slots.project').onRef('pools.name', '=', 'pool_slots.pool'),
    )
    .where('pool_slots.project', '=', project)
    .where('run_id', '=', by.runId)
    .where('path', '=', by.path)
    .orderBy('pool')
    .select(({ fn }) => ['pool', 'granted_at', fn.coalesce('pools.slots', 'own_size').as('size')])
    .compile();
}

type Holder = Parameters<PoolTable['giveBack']>[0];

function drop({ db, project }: SqlSession, { runId, path }: Holder): CompiledQuery<unknown> {
  const rows = db.deleteFrom('pool_slots').where('project', '=', project).where('run_id', '=', runId);
  return (path === null ? rows : rows.where('path', '=', path)).compile();
}

/** What stands in pools and is alive, the first first, with how many slots there are of each. */
function selectPlaces({ db, project }: SqlSession, now: number) {
  return db
    .selectFrom('pool_slots')
    .leftJoin('pools', (join) =>
      join.onRef('pools.project', '=', 'pool_slots.project').onRef('pools.name', '=', 'pool_slots.pool'),
    )
    .where('pool_slots.project', '=', project)
    .where(isLive(project, now))
    .orderBy('priority')
    .orderBy('asked_at')
    .orderBy('run_id')
    .orderBy('path')
    .select(({ fn }) => [
      ...(['pool', 'run_id', 'path', 'workflow_id', 'granted_at', 'pool_slots.slots as slots'] as const),
      fn.coalesce('pools.slots', 'own_size').as('size'),
    ]);
}

export async function giveBackSlots(session: SqlSession, by: Holder, now: number): Promise<readonly SlotWaiter[]> {
  const { db, project } = session;
  const own = db.selectFrom('pool_slots').where('project', '=', project).where('run_id', '=', by.runId).select('pool');
  const neighbours = selectPlaces(session, now).where(
    'pool',
    'in',
    by.path === null ? own : own.where('path', '=', by.path),
  );
  const [{ rows }] = await session.transact([neighbours.compile(), drop(session, by)]);
  const left = rows.filter((row) => row.run_id !== by.runId || (by.path !== null && row.path !== by.path));
  return [...new Set(left.map(({ pool }) => pool))].flatMap((pool) =>
    waitersOf(firstInLine(left.filter((row) => row.pool === pool))),
  );
}

export async function turnsIn(session: SqlSession, name: string, now: number): Promise<readonly SlotWaiter[]> {
  return waitersOf(firstInLine(await selectPlaces(session, now).where('pool', '=', name).execute()));
}

function waitersOf(places: readonly Place[]): readonly SlotWaiter[] {
  return places.map(({ run_id, path, workflow_id }) => ({ runId: run_id, path, workflowId: workflow_id }));
}

interface Place extends Pick<PoolSlotRow, 'run_id' | 'path' | 'workflow_id' | 'granted_at' | 'slots'> {
  readonly size: number | null;
}

/** Those in line whose turn it may be: a hint, for each asks again, and of several pools each has its own line. */
function firstInLine(rows: readonly Place[]): readonly Place[] {
  let taken = rows.filter((row) => row.granted_at !== null).reduce((sum, { slots }) => sum + slots, 0);
  const turns: Place[] = [];
  for (const row of rows) {
    if (row.granted_at !== null || row.slots > (row.size ?? 0)) continue;
    taken += row.slots;
    if (taken > (row.size ?? 0)) break;
    turns.push(row);
  }
  return turns;
}
