import { type CompiledQuery, type SqlBool, sql } from 'kysely';
import type { TaskOrigin } from '../../../ir/protocol/task-dispatch.ts';
import type { CacheClaim } from '../cache-table.ts';
import { toColumn } from './json-column.ts';
import { chunksOf } from './row-chunks.ts';
import type { SqlSession } from './sql-session.ts';

/** Claims in one transaction: of two that ask at once, each sees what the other got. */
export async function claimKeys(
  session: SqlSession,
  claims: readonly CacheClaim[],
  now: number,
): Promise<ReadonlyMap<string, TaskOrigin>> {
  const holders = new Map<string, TaskOrigin>();
  for (const chunk of chunksOf(claims)) {
    const [, , held] = await session.transact([
      dropLapsed(session, now),
      claim(session, chunk, now),
      selectHolders(session, chunk),
    ]);
    for (const { key, run_id, path } of held.rows) holders.set(key, { runId: run_id, path });
  }
  return holders;
}

/** Beside those that a result gave back, all that ever goes: the table has what a lease's time of work has claimed. */
function dropLapsed({ db, project }: SqlSession, now: number): CompiledQuery<unknown> {
  return db.deleteFrom('cache_claims').where('project', '=', project).where('lease_until', '<=', now).compile();
}

/**
 * Takes over what is claimed by a task that has ended, or by one of a run that has ended or that nobody knows; and by one that
 * nobody works at, in a run that is paused.
 */
function claim({ db, project }: SqlSession, claims: readonly CacheClaim[], now: number): CompiledQuery<unknown> {
  const rows = claims.map(({ key, by, leaseUntil }) => ({
    ...{ project, key, run_id: by.runId, path: by.path },
    lease_until: leaseUntil,
  }));
  const isDead = sql<SqlBool>`cache_claims.lease_until <= ${now}
    or not exists (select 1 from runs where runs.project = ${project} and runs.id = cache_claims.run_id
      and runs.ended_at is null)
    or exists (select 1 from tasks where tasks.project = ${project} and tasks.run_id = cache_claims.run_id
      and tasks.path = cache_claims.path and tasks.ended_at is not null)
    or (exists (select 1 from runs where runs.project = ${project} and runs.id = cache_claims.run_id
        and runs.pause <> ${toColumn(null)})
      and not exists (select 1 from attempts where attempts.project = ${project}
        and attempts.run_id = cache_claims.run_id and attempts.path = cache_claims.path
        and attempts.status = 'running'))`;
  return db
    .insertInto('cache_claims')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['project', 'key'])
        .doUpdateSet((eb) => ({
          run_id: eb.ref('excluded.run_id'),
          path: eb.ref('excluded.path'),
          lease_until: eb.ref('excluded.lease_until'),
        }))
        .where(isDead),
    )
    .compile();
}

function selectHolders({ db, project }: SqlSession, claims: readonly CacheClaim[]) {
  return db
    .selectFrom('cache_claims')
    .where('project', '=', project)
    .where(
      'key',
      'in',
      claims.map(({ key }) => key),
    )
    .select(['key', 'run_id', 'path'])
    .compile();
}
