import type { Worker, WorkerTable } from '../worker-table.ts';
import type { WorkerRow } from './database.ts';
import { fromColumn, toColumn } from './json-column.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlWorkerTable(session: SqlSession): WorkerTable {
  return {
    heartbeat: (worker) => heartbeat(session, worker),
    remove: (id) => remove(session, id),
    live: (now) => list(session, now),
    all: () => list(session, null),
    forget: (before) => forget(session, before),
  };
}

async function heartbeat({ db, project }: SqlSession, worker: Worker): Promise<void> {
  const said = {
    queues: toColumn(worker.queues),
    host: worker.host,
    pid: worker.pid,
    capacity: toColumn(worker.capacity),
    externals: toColumn(worker.externals),
    details: toColumn(worker.details),
    started_at: worker.startedAt,
    lease_until: worker.leaseUntil,
  };
  await db
    .insertInto('workers')
    .values({ project, id: worker.id, ...said })
    .onConflict((conflict) => conflict.columns(['project', 'id']).doUpdateSet(said))
    .execute();
}

async function remove({ db, project }: SqlSession, id: string): Promise<void> {
  await db.deleteFrom('workers').where('project', '=', project).where('id', '=', id).execute();
}

async function forget({ db, project }: SqlSession, before: number): Promise<void> {
  await db.deleteFrom('workers').where('project', '=', project).where('lease_until', '<', before).execute();
}

/** @param after until when their leases have to go on; null for all. */
async function list({ db, project }: SqlSession, after: number | null): Promise<readonly Worker[]> {
  const all = db.selectFrom('workers').where('project', '=', project).orderBy('id').selectAll();
  const rows = await (after === null ? all : all.where('lease_until', '>', after)).execute();
  return rows.map(workerOf);
}

function workerOf(row: WorkerRow): Worker {
  return {
    id: row.id,
    queues: fromColumn(row.queues),
    host: row.host,
    pid: row.pid,
    capacity: fromColumn(row.capacity),
    externals: fromColumn(row.externals),
    details: fromColumn(row.details),
    startedAt: row.started_at,
    leaseUntil: row.lease_until,
  };
}
