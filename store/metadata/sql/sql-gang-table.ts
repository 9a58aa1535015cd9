import { type CompiledQuery, type SqlBool, sql } from 'kysely';
import { replicaPath } from '../../../ir/protocol/gang.ts';
import type { GangAddress, GangKey, GangMember, GangState, GangTable } from '../gang-table.ts';
import type { GangReplicaRow } from './event-rows.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlGangTable(session: SqlSession): GangTable {
  return {
    gather: (member, now) => gather(session, member, now),
    giveWay: (gang, now) => giveWay(session, gang, now),
    haveSucceeded: (gang, size) => haveSucceeded(session, gang, size),
  };
}

/** In one transaction, and transactions are serial: whether all are there is decided once, and for all of them. */
async function gather(session: SqlSession, member: GangMember, now: number): Promise<GangState> {
  const [, , , { rows }, { rows: before }] = await session.transact([
    dropDead(session, member, now),
    keepPlace(session, member),
    closeRanks(session, member, now),
    replicasOf(session, member).selectAll().orderBy('rank').compile(),
    goesBefore(session, member),
  ]);
  const own = rows.find(({ rank }) => rank === member.rank);
  if (own === undefined) return { kind: 'replaced' };
  if (own.delivery !== member.delivery) return { kind: member.joins ? 'tooLate' : 'replaced' };
  if (own.gave_way_at !== null) return { kind: 'gaveWay' };
  if (own.gathered_at === null) return { kind: 'gathering', isBehind: before.length > 0 };
  return { kind: 'gathered', replicas: rows.map(addressOf) };
}

function addressOf({ rank, machine, host, port }: GangReplicaRow): GangAddress {
  return { rank, machine, host, port };
}

/** One that has gathered stays until its task ends: who was there last may still have to read where it is. */
function dropDead({ db, project }: SqlSession, { runId, path, attempt }: GangMember, now: number) {
  const runEnded = sql<SqlBool>`exists (select 1 from runs where runs.project = gang_replicas.project
    and runs.id = gang_replicas.run_id and runs.ended_at is not null)`;
  const taskEnded = sql<SqlBool>`exists (select 1 from tasks where tasks.project = gang_replicas.project
    and tasks.run_id = gang_replicas.run_id and tasks.path = gang_replicas.path and tasks.ended_at is not null)`;
  return db
    .deleteFrom('gang_replicas')
    .where('project', '=', project)
    .where((eb) =>
      eb.or([
        eb.and([eb('gathered_at', 'is', null), eb('lease_until', '<=', now)]),
        eb.and([eb('run_id', '=', runId), eb('path', '=', path), eb('attempt', '<', attempt)]),
        runEnded,
        taskEnded,
      ]),
    )
    .compile();
}

/** What comes of an earlier attempt or delivery, or of a run or task that has ended, is not taken in. */
function keepPlace({ db, project }: SqlSession, member: GangMember): CompiledQuery<unknown> {
  const { runId, path, attempt, rank, size, queue, delivery, joins, machine, host, port, leaseUntil } = member;
  const isLate = sql<SqlBool>`exists (select 1 from gang_replicas as later where later.project = ${project}
      and later.run_id = ${runId} and later.path = ${path} and later.attempt > ${attempt})
    or exists (select 1 from runs where runs.project = ${project} and runs.id = ${runId} and runs.ended_at is not null)
    or exists (select 1 from tasks where tasks.project = ${project} and tasks.run_id = ${runId} and tasks.path = ${path}
      and tasks.ended_at is not null)`;
  return db
    .insertInto('gang_replicas')
    .columns([
      ...(['project', 'run_id', 'path', 'attempt', 'rank', 'size'] as const),
      ...(['queue', 'delivery', 'machine', 'host', 'port', 'lease_until'] as const),
    ])
    .expression(
      db
        .selectNoFrom([
          sql<string>`${project}`.as('project'),
          sql<string>`${runId}`.as('run_id'),
          sql<string>`${path}`.as('path'),
          sql<number>`${attempt}`.as('attempt'),
          sql<number>`${rank}`.as('rank'),
          sql<number>`${size}`.as('size'),
          sql<string>`${queue}`.as('queue'),
          sql<string>`${delivery}`.as('delivery'),
          sql<string>`${machine}`.as('machine'),
          sql<string>`${host}`.as('host'),
          sql<number | null>`cast(${port} as bigint)`.as('port'),
          sql<number>`${leaseUntil}`.as('lease_until'),
        ])
        .where(sql<SqlBool>`not (${isLate})`),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['project', 'run_id', 'path', 'attempt', 'rank'])
        .doUpdateSet((eb) => ({
          delivery: eb.ref('excluded.delivery'),
          machine: eb.ref('excluded.machine'),
          host: eb.ref('excluded.host'),
          port: eb.ref('excluded.port'),
          lease_until: eb.ref('excluded.lease_until'),
        }))
        .where((eb) => {
          const isOwn = eb('gang_replicas.delivery', '=', delivery);
          return joins ? eb.or([isOwn, eb('gang_replicas.port', 'is', null)]) : isOwn;
        }),
    )
    .compile();
}

/** Once all are there, and none has given way, they are gathered: at one moment, in the sight of all. */
function closeRanks({ db, project }: SqlSession, gang: GangMember, now: number): CompiledQuery<unknown> {
  const there = sql<number>`(select count(*) from gang_replicas as there where there.project = ${project}
    and there.run_id = ${gang.runId} and there.path = ${gang.path} and there.attempt = ${gang.attempt}
    and there.gave_way_at is null)`;
  return db
    .updateTable('gang_replicas')
    .where('project', '=', project)
    .where('run_id', '=', gang.runId)
    .where('path', '=', gang.path)
    .where('attempt', '=', gang.attempt)
    .where('gathered_at', 'is', null)
    .where('size', '=', there)
    .set({ gathered_at: now })
    .compile();
}

function replicasOf({ db, project }: SqlSession, { runId, path, attempt }: GangKey) {
  return db
    .selectFrom('gang_replicas')
    .where('project', '=', project)
    .where('run_id', '=', runId)
    .where('path', '=', path)
    .where('attempt', '=', attempt);
}

/**
 * By the age of the run, which stays the same however often a gang gives way: so the oldest is never passed for ever. Those of
 * other queues wait for other workers.
 */
function goesBefore({ db, project }: SqlSession, { runId, path, queue }: GangMember) {
  const ageOf = (id: unknown) => sql`coalesce((select runs.created_at from runs where runs.project = ${project}
    and runs.id = ${id}), 0)`;
  return db
    .selectFrom('gang_replicas as other')
    .where('other.project', '=', project)
    .where('other.queue', '=', queue)
    .where('other.gathered_at', 'is', null)
    .where('other.gave_way_at', 'is', null)
    .where(
      sql<SqlBool>`(${ageOf(sql.ref('other.run_id'))}, other.run_id, other.path)
        < (${ageOf(runId)}, ${runId}, ${path})`,
    )
    .limit(1)
    .select('other.rank')
    .compile();
}

async function giveWay(session: SqlSession, gang: GangKey, now: number): Promise<boolean> {
  const { db, project } = session;
  const [, { rows }] = await session.transact([
    db
      .updateTable('gang_replicas')
      .where('project', '=', project)
      .where('run_id', '=', gang.runId)
      .where('path', '=', gang.path)
      .where('attempt', '=', gang.attempt)
      .where('gathered_at', 'is', null)
      .set({ gave_way_at: now })
      .compile(),
    replicasOf(session, gang).where('gathered_at', 'is not', null).select('rank').compile(),
  ]);
  return rows.length === 0;
}

async function haveSucceeded(session: SqlSession, { runId, path, attempt }: GangKey, size: number): Promise<boolean> {
  const { db, project } = session;
  const paths = Array.from({ length: size }, (_, rank) => replicaPath(path, rank));
  const succeeded = await db
    .selectFrom('attempts')
    .where('project', '=', project)
    .where('run_id', '=', runId)
    .where('path', 'in', paths)
    .where('attempt', '=', attempt)
    .where('status', '=', 'succeeded')
    .select('path')
    .execute();
  return succeeded.length === size;
}
