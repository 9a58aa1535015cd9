import { sql } from 'kysely';
import { MetadataError, type Page, type PageRequest } from '../metadata-store.ts';
import type { Pool, PoolPlace, PoolState, PoolTable } from '../pool-table.ts';
import type { PoolRow, PoolSlotRow } from './database.ts';
import { cursorKey, isNameKey, pageLimit, pageOf } from './paging.ts';
import { giveBackSlots, isLive, takeSlots, turnsIn } from './pool-slots.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlPoolTable(session: SqlSession): PoolTable {
  return {
    set: (name, slots, by) => set(session, name, slots, by),
    delete: (name, now) => remove(session, name, now),
    sizes: async () => (await selectPools(session).execute()).map(poolOf),
    list: (now) => list(session, now),
    page: (now, request) => page(session, now, request),
    get: async (name, now) => (await list(session, now)).find((pool) => pool.name === name) ?? null,
    take: (request, now) => takeSlots(session, request, now),
    turns: (name, now) => turnsIn(session, name, now),
    giveBack: (by, now) => giveBackSlots(session, by, now),
  };
}

async function set({ db, project }: SqlSession, name: string, slots: number, by: string): Promise<Pool> {
  const said = { slots, updated_at: Date.now(), updated_by: by };
  const row: PoolRow = { project, name, ...said };
  await db
    .insertInto('pools')
    .values(row)
    .onConflict((conflict) => conflict.columns(['project', 'name']).doUpdateSet(said))
    .execute();
  return poolOf(row);
}

/** Asked and deleted in one statement: nobody can stand in line in between. */
async function remove(session: SqlSession, name: string, now: number): Promise<void> {
  const { db, project } = session;
  const { numDeletedRows } = await db
    .deleteFrom('pools')
    .where('project', '=', project)
    .where('name', '=', name)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('pool_slots')
            .where('pool_slots.project', '=', project)
            .where('pool_slots.pool', '=', name)
            .where(isLive(project, now))
            .select(sql<number>`1`.as('one')),
        ),
      ),
    )
    .executeTakeFirst();
  if (numDeletedRows > 0n) return;
  const found = (await list(session, now)).find((pool) => pool.name === name);
  if (!found?.set) throw new MetadataError('notFound', `There is no pool '${name}' in project '${project}'.`);
  throw new MetadataError(
    'conflict',
    `Pool '${name}' is in use: ${found.holds.length} tasks have slots of it, ${found.waits.length} stand in line. ` +
      `Let them end (millrace pools get ${name}), or stop what would start: millrace pools set ${name} 0`,
  );
}

function selectPools({ db, project }: SqlSession) {
  return db.selectFrom('pools').where('project', '=', project).orderBy('name').selectAll();
}

function selectSlots({ db, project }: SqlSession, now: number) {
  return db
    .selectFrom('pool_slots')
    .where('project', '=', project)
    .where(isLive(project, now))
    .orderBy('priority')
    .orderBy('asked_at')
    .orderBy('run_id')
    .orderBy('path')
    .selectAll();
}

async function page(session: SqlSession, now: number, request: PageRequest | undefined): Promise<Page<PoolState>> {
  const { db, project } = session;
  const limit = pageLimit(request);
  const after = cursorKey(request, 'pools', isNameKey);
  const inUse = db
    .selectFrom('pool_slots')
    .where('project', '=', project)
    .where(isLive(project, now))
    .select('pool as name');
  const all = db.selectFrom('pools').where('project', '=', project).select('name').union(inUse).as('named');
  let query = db.selectFrom(all).select('name').orderBy('name');
  if (after) query = query.where('name', '>', after[0]);
  const named = pageOf(
    await query.limit(limit + 1).execute(),
    limit,
    'pools',
    ({ name }) => [name],
    ({ name }) => name,
  );
  const names = named.items;
  if (names.length === 0) return { items: [], cursor: null };
  const [pools, rows] = await Promise.all([
    selectPools(session).where('name', 'in', names).execute(),
    selectSlots(session, now).where('pool', 'in', names).execute(),
  ]);
  return { items: statesOf(names, pools, rows), cursor: named.cursor };
}

async function list(session: SqlSession, now: number): Promise<readonly PoolState[]> {
  const [pools, rows] = await Promise.all([selectPools(session).execute(), selectSlots(session, now).execute()]);
  const names = [...new Set([...pools, ...rows.map(({ pool }) => ({ name: pool }))].map(({ name }) => name))].sort();
  return statesOf(names, pools, rows);
}

function statesOf(
  names: readonly string[],
  pools: readonly PoolRow[],
  rows: readonly PoolSlotRow[],
): readonly PoolState[] {
  return names.map((name) =>
    stateOf(
      name,
      pools.find((pool) => pool.name === name),
      rows.filter(({ pool }) => pool === name),
    ),
  );
}

function stateOf(name: string, pool: PoolRow | undefined, rows: readonly PoolSlotRow[]): PoolState {
  return {
    name,
    set: pool ? poolOf(pool) : null,
    // Of a pipeline's versions the newest that asked says how many there may be.
    slots: pool?.slots ?? rows.toSorted((a, b) => b.asked_at - a.asked_at)[0]?.own_size ?? 0,
    holds: rows.filter(({ granted_at }) => granted_at !== null).map(placeOf),
    waits: rows.filter(({ granted_at }) => granted_at === null).map(placeOf),
  };
}

function poolOf({ name, slots, updated_at, updated_by }: PoolRow): Pool {
  return { name, slots, updatedAt: updated_at, updatedBy: updated_by };
}

function placeOf({ run_id, path, slots, priority, asked_at }: PoolSlotRow): PoolPlace {
  return { runId: run_id, path, slots, priority, askedAt: asked_at };
}
