import { type SqlBool, sql } from 'kysely';
import type { Expired, RetentionCuts } from '../retention-table.ts';
import { bytesOf } from './listed-values.ts';
import { takenOverFrom } from './retried-runs.ts';
import type { SqlSession } from './sql-session.ts';

/**
 * Runs that go by age or count: a subquery, so that what would go and what goes is said once. The newest run of each partition
 * stays: without it the partition would be missing, and a backfill would do it again.
 */
export function expiredRuns({ db, project }: SqlSession, { pipeline, runsBefore, runsKept }: RetentionCuts) {
  return db
    .selectFrom((from) =>
      from
        .selectFrom('runs')
        .where('project', '=', project)
        .select(['id', 'pipeline', 'partition', 'backfill', 'ended_at'])
        .select(sql<number>`row_number() over (partition by pipeline order by created_at desc, id desc)`.as('number'))
        .select(
          sql<number>`row_number() over (partition by pipeline, ${sql.ref('partition')} order by created_at desc, id desc)`.as(
            'of_partition',
          ),
        )
        .as('counted'),
    )
    .where('ended_at', 'is not', null)
    .where('id', 'not in', takenOverFrom({ db, project }))
    .where((eb) => eb.or([eb('partition', 'is', null), eb('of_partition', '>', 1)]))
    .where((eb) => eb.or([eb('backfill', 'is', null), eb('backfill', 'not in', liveBackfills({ db, project }))]))
    .where((eb) =>
      eb.or([
        ...(runsBefore === null ? [] : [eb('ended_at', '<', runsBefore)]),
        ...(runsKept === null ? [] : [eb('number', '>', runsKept)]),
      ]),
    )
    .where((eb) => (pipeline === null ? sql<SqlBool>`1 = 1` : eb('pipeline', '=', pipeline)))
    .select('id');
}

/** Backfills that go on: a later round takes over from runs of an earlier. */
function liveBackfills({ db, project }: Pick<SqlSession, 'db' | 'project'>) {
  return db.selectFrom('backfills').where('project', '=', project).where('ended_at', 'is', null).select('id');
}

/** Runs that keep what they read and made: it is not too old, or it is still taken over. */
export function runsWithArtifacts(session: SqlSession, cuts: RetentionCuts) {
  const { db, project } = session;
  const { artifactsBefore, pipeline } = cuts;
  return db
    .selectFrom('runs as kept')
    .where('kept.project', '=', project)
    .where('kept.id', 'not in', expiredRuns(session, cuts))
    .where((eb) =>
      eb.or([
        eb('kept.ended_at', 'is', null),
        eb('kept.id', 'in', takenOverFrom(session)),
        artifactsBefore === null ? sql<SqlBool>`1 = 1` : eb('kept.ended_at', '>=', artifactsBefore),
        ...(pipeline === null ? [] : [eb('kept.pipeline', '!=', pipeline)]),
      ]),
    )
    .select('kept.id');
}

export async function expired(session: SqlSession, cuts: RetentionCuts): Promise<Expired> {
  const runs = await expiredRuns(session, cuts).orderBy('id').execute();
  const logs = await oldLogs(session, cuts)
    .where('run_id', 'not in', expiredRuns(session, cuts))
    .select(({ fn }) => fn.countAll<number>().as('chunks'))
    .select(sql<number>`coalesce(sum(${bytesOf('lines')}), 0)`.as('bytes'))
    .executeTakeFirstOrThrow();
  const results = await oldResults(session, cuts)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  const whole = { chunks: Number(logs.chunks), bytes: Number(logs.bytes) };
  return { runs: runs.map(({ id }) => id), logs: whole, results: Number(results.count) };
}

export async function deleteExpired(session: SqlSession, cuts: RetentionCuts): Promise<void> {
  const { db, project, transact } = session;
  const logs = db.deleteFrom('log_chunks').where('project', '=', project);
  const results = db.deleteFrom('cache_entries').where('project', '=', project);
  await transact([
    logs.where('run_id', 'in', runsWithOldLogs(session, cuts)).compile(),
    results.where('key', 'in', oldResults(session, cuts).select('key')).compile(),
  ]);
}

function oldLogs(session: SqlSession, cuts: RetentionCuts) {
  const { db, project } = session;
  return db
    .selectFrom('log_chunks')
    .where('project', '=', project)
    .where('run_id', 'in', runsWithOldLogs(session, cuts));
}

function runsWithOldLogs({ db, project }: SqlSession, { logsBefore, pipeline }: RetentionCuts) {
  return db
    .selectFrom('runs')
    .where('project', '=', project)
    .where('ended_at', '<', logsBefore ?? 0)
    .where((eb) => (pipeline === null ? sql<SqlBool>`1 = 1` : eb('pipeline', '=', pipeline)))
    .select('id');
}

/** Results that are too old, or whose run is gone or goes. */
export function oldResults(session: SqlSession, cuts: RetentionCuts) {
  const { db, project } = session;
  const { artifactsBefore, pipeline } = cuts;
  return db
    .selectFrom('cache_entries')
    .where('project', '=', project)
    .where((eb) =>
      eb.or([
        eb('run_id', 'not in', db.selectFrom('runs').where('project', '=', project).select('id')),
        eb('run_id', 'in', expiredRuns(session, cuts)),
        eb.and([
          eb('created_at', '<', artifactsBefore ?? 0),
          pipeline === null ? sql<SqlBool>`1 = 1` : eb('pipeline', '=', pipeline),
        ]),
      ]),
    );
}
