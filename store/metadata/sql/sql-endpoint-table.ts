import type { Endpoint, EndpointTable, Replica } from '../endpoint-table.ts';
import { MetadataError } from '../metadata-store.ts';
import type { EndpointRow, ReplicaRow } from './database.ts';
import { fromColumn, toColumn } from './json-column.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlEndpointTable(session: SqlSession): EndpointTable {
  return {
    get: (name) => get(session, name),
    list: () => list(session),
    set: (endpoint, expected) => set(session, endpoint, expected),
    heartbeat: (replica) => heartbeat(session, replica),
    removeReplica: (id) => removeReplica(session, id),
    liveReplicas: (now) => liveReplicas(session, now),
  };
}

async function get({ db, project }: SqlSession, name: string): Promise<Endpoint | null> {
  const row = await db
    .selectFrom('endpoints')
    .where('project', '=', project)
    .where('name', '=', name)
    .selectAll()
    .executeTakeFirst();
  return row ? endpointOf(row) : null;
}

async function list({ db, project }: SqlSession): Promise<readonly Endpoint[]> {
  const rows = await db.selectFrom('endpoints').where('project', '=', project).orderBy('name').selectAll().execute();
  return rows.map(endpointOf);
}

async function set(
  session: SqlSession,
  { name, traffic, updatedBy }: Parameters<EndpointTable['set']>[0],
  expectedGeneration: number,
): Promise<Endpoint> {
  const { db, project } = session;
  const changed = {
    generation: expectedGeneration + 1,
    traffic: toColumn(traffic),
    updated_at: Date.now(),
    updated_by: updatedBy,
  };
  const query =
    expectedGeneration === 0
      ? db
          .insertInto('endpoints')
          .values({ project, name, ...changed })
          .onConflict((conflict) => conflict.doNothing())
          .returningAll()
      : db
          .updateTable('endpoints')
          .where('project', '=', project)
          .where('name', '=', name)
          .where('generation', '=', expectedGeneration)
          .set(changed)
          .returningAll();
  const row = await query.executeTakeFirst();
  if (!row) throw await conflict(session, name, expectedGeneration);
  return endpointOf(row);
}

async function conflict(session: SqlSession, name: string, expected: number): Promise<MetadataError> {
  const now = (await get(session, name))?.generation ?? 0;
  return new MetadataError(
    'conflict',
    `Endpoint '${name}' is at generation ${now}, not ${expected}: another change came first. Read it again and repeat.`,
  );
}

async function heartbeat({ db, project }: SqlSession, replica: Replica): Promise<void> {
  const said = { url: replica.url, lease_until: replica.leaseUntil, applied: toColumn(replica.applied) };
  await db
    .insertInto('replicas')
    .values({ project, id: replica.id, ...said })
    .onConflict((clash) => clash.columns(['project', 'id']).doUpdateSet(said))
    .execute();
}

async function removeReplica({ db, project }: SqlSession, id: string): Promise<void> {
  await db.deleteFrom('replicas').where('project', '=', project).where('id', '=', id).execute();
}

async function liveReplicas({ db, project }: SqlSession, now: number): Promise<readonly Replica[]> {
  const rows = await db
    .selectFrom('replicas')
    .where('project', '=', project)
    .where('lease_until', '>', now)
    .orderBy('id')
    .selectAll()
    .execute();
  return rows.map(replicaOf);
}

function endpointOf(row: EndpointRow): Endpoint {
  return {
    name: row.name,
    generation: row.generation,
    traffic: fromColumn(row.traffic),
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  };
}

function replicaOf(row: ReplicaRow): Replica {
  return { id: row.id, url: row.url, leaseUntil: row.lease_until, applied: fromColumn(row.applied) };
}
