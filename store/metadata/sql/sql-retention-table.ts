import { type CompiledQuery, type SqlBool, sql } from 'kysely';
import type { RetentionTable } from '../retention-table.ts';
import { deleteExpired, expired } from './expired.ts';
import { needed } from './needed.ts';
import { takenOverFrom } from './retried-runs.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlRetentionTable(session: SqlSession): RetentionTable {
  return {
    expired: (cuts) => expired(session, cuts),
    deleteRun: (id) => deleteRun(session, id),
    versionsOf: (id) => versionsOf(session, id),
    deleteExpired: (cuts) => deleteExpired(session, cuts),
    needed: (cuts) => needed(session, cuts),
    oldestUnsettled: (endedSince) => oldestUnsettled(session, endedSince),
  };
}

const OF_RUN = [
  'tasks',
  'attempts',
  'log_chunks',
  'checkpoints',
  'metrics',
  'cache_entries',
  'cache_claims',
  'task_counts',
  'pool_slots',
  'gang_replicas',
] as const;

/** The run's own row goes last: as long as it is there, each statement sees by it whether the run may go. */
async function deleteRun(session: SqlSession, id: string): Promise<boolean> {
  const { db, project, transact } = session;
  const mayGo = mayGoNow(session, id);
  const ofRun = (table: (typeof OF_RUN)[number] | 'lineage') =>
    db.deleteFrom(table).where('project', '=', project).where('run_id', '=', id).where(mayGo);
  const madeNoVersion = sql<SqlBool>`not exists (select 1 from model_versions where model_versions.project = ${project}
    and model_versions.run_id = ${id})`;
  const rows: readonly CompiledQuery<unknown>[] = [
    ...OF_RUN.map((table) => ofRun(table).compile()),
    artifactsOfItsOwn(session, id).where(mayGo).where(madeNoVersion).compile(),
    ofRun('lineage').where(madeNoVersion).compile(),
    db.deleteFrom('runs').where('project', '=', project).where('id', '=', id).where(mayGo).compile(),
  ];
  const results = await transact(rows);
  return (results.at(-1)?.numAffectedRows ?? 0n) > 0n;
}

/** What is known of artifacts that only this run's lineage names. */
function artifactsOfItsOwn({ db, project }: SqlSession, id: string) {
  const lineage = db.selectFrom('lineage').where('lineage.project', '=', project);
  return db
    .deleteFrom('artifacts')
    .where('project', '=', project)
    .where('digest', 'in', lineage.where('lineage.run_id', '=', id).select('lineage.digest'))
    .where(
      sql<SqlBool>`not exists (select 1 from lineage as others where others.project = ${project}
        and others.digest = artifacts.digest and others.run_id <> ${id})`,
    );
}

function mayGoNow(session: SqlSession, id: string) {
  const { project } = session;
  return sql<SqlBool>`exists (select 1 from runs as going where going.project = ${project} and going.id = ${id}
    and going.ended_at is not null and going.id not in ${takenOverFrom(session)})`;
}

const versionsOf = ({ db, project }: SqlSession, id: string): ReturnType<RetentionTable['versionsOf']> =>
  db
    .selectFrom('model_versions')
    .where('project', '=', project)
    .where('run_id', '=', id)
    .orderBy('model')
    .orderBy('version')
    .select(['model', 'version'])
    .execute();

async function oldestUnsettled({ db, project }: SqlSession, endedSince: number): Promise<number | null> {
  const row = await db
    .selectFrom('runs')
    .where('project', '=', project)
    .where((eb) => eb.or([eb('ended_at', 'is', null), eb('ended_at', '>=', endedSince)]))
    .select(sql<number | null>`min(created_at)`.as('at'))
    .executeTakeFirst();
  return row?.at ?? null;
}
