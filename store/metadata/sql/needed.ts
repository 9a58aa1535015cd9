import type { SelectQueryBuilder } from 'kysely';
import { type Digest, digestsIn, isDigest } from '../../../ir/digest.ts';
import type { Needed, RetentionCuts } from '../retention-table.ts';
import type { Database } from './database.ts';
import { expiredRuns, oldResults, runsWithArtifacts } from './expired.ts';
import { SCHEDULES, standing, TRIGGERS } from './sql-change-log.ts';
import type { SqlSession } from './sql-session.ts';

/**
 * What must stay. Lineage has the artifacts of all tasks; of what is kept as JSON, whatever looks like a digest counts, so
 * that no place where one may stand can be forgotten.
 */
export async function needed(session: SqlSession, cuts: RetentionCuts): Promise<Needed> {
  const digests = new Set((await lineageDigests(session, cuts)).filter(isDigest));
  for (const query of textsWithDigests(session, cuts)) {
    for (const { text } of await query.execute()) {
      for (const digest of digestsIn(text)) digests.add(digest);
    }
  }
  return { digests, compiled: await compiledInUse(session, cuts) };
}

async function lineageDigests(session: SqlSession, cuts: RetentionCuts): Promise<readonly string[]> {
  const { db, project } = session;
  const rows = await db
    .selectFrom('lineage')
    .where('project', '=', project)
    .where('run_id', 'in', runsWithArtifacts(session, cuts))
    .select('digest')
    .distinct()
    .execute();
  return rows.map(({ digest }) => digest);
}

type Texts = SelectQueryBuilder<Database, never, { text: string }>;

function textsWithDigests(session: SqlSession, cuts: RetentionCuts): readonly Pick<Texts, 'execute'>[] {
  const { db, project } = session;
  const runs = runsWithArtifacts(session, cuts);
  const some = '%sha256:%';
  const ofRuns = db.selectFrom('runs').where('project', '=', project).where('id', 'in', runs);
  const versions = db.selectFrom('model_versions').where('project', '=', project);
  return [
    ofRuns.where('params', 'like', some).select('params as text'),
    ofRuns.where('output', 'like', some).select('output as text'),
    db
      .selectFrom('checkpoints')
      .where('project', '=', project)
      .where('run_id', 'in', runs)
      .where('value', 'like', some)
      .select('value as text'),
    db
      .selectFrom('cache_entries')
      .where('project', '=', project)
      .where('key', 'not in', oldResults(session, cuts).select('key'))
      .where('output', 'like', some)
      .select('output as text'),
    versions.select('artifact as text'),
    versions.where('evidence', 'like', some).select('evidence as text'),
    ...[SCHEDULES, TRIGGERS].map((log) =>
      standing(session, log).where('change', '!=', 'deleted').clearSelect().select('params as text'),
    ),
    db.selectFrom('backfills').where('project', '=', project).where('params', 'like', some).select('params as text'),
  ];
}

/** Of the runs that stay, of backfills, of the newest version of each pipeline, and of those that schedules and triggers name. */
async function compiledInUse(session: SqlSession, cuts: RetentionCuts): Promise<readonly Digest[]> {
  const { db, project } = session;
  const ofRuns = await db
    .selectFrom('runs')
    .where('project', '=', project)
    .where('id', 'not in', expiredRuns(session, cuts))
    .select('compiled_digest')
    .distinct()
    .execute();
  const ofBackfills = await db
    .selectFrom('backfills')
    .where('project', '=', project)
    .select('compiled_digest')
    .distinct()
    .execute();
  const versions = await db.selectFrom('pipeline_versions').where('project', '=', project).selectAll().execute();
  const starters = await Promise.all(
    [SCHEDULES, TRIGGERS].map((log) => standing(session, log).where('change', '!=', 'deleted').execute()),
  );
  const named = new Set(starters.flat().map(({ pipeline, version }) => `${version} ${pipeline}`));
  const newest = new Map<string, number>();
  for (const { pipeline, version } of versions) newest.set(pipeline, Math.max(version, newest.get(pipeline) ?? 0));
  const used = versions.filter(
    ({ pipeline, version }) => newest.get(pipeline) === version || named.has(`${version} ${pipeline}`),
  );
  return [...new Set([...ofRuns, ...ofBackfills, ...used].map((row) => row.compiled_digest))].filter(isDigest);
}
