import { sql } from 'kysely';
import type { PageRequest } from '../metadata-store.ts';
import type { PipelineTable, PipelineVersion } from '../pipeline-table.ts';
import type { PipelineVersionRow } from './database.ts';
import { cursorKey, pageLimit, pageOf } from './paging.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlPipelineTable(session: SqlSession): PipelineTable {
  return {
    add: (version) => add(session, version),
    get: (pipeline, version) => get(session, pipeline, version),
    byDigest: (digest) => byDigest(session, digest),
    newest: (page) => newest(session, page),
    list: (page) => list(session, page),
  };
}

const add = async (
  { db, project, transact }: SqlSession,
  { pipeline, compiledDigest, irDigest, submittedBy }: Parameters<PipelineTable['add']>[0],
): Promise<PipelineVersion> => {
  const [, found] = await transact([
    db
      .insertInto('pipeline_versions')
      .columns(['project', 'pipeline', 'version', 'compiled_digest', 'ir_digest', 'submitted_by', 'created_at'])
      .expression(
        db
          .selectFrom('pipeline_versions')
          .where('project', '=', project)
          .where('pipeline', '=', pipeline)
          .select([
            sql<string>`${project}`.as('project'),
            sql<string>`${pipeline}`.as('pipeline'),
            sql<number>`coalesce(max(version), 0) + 1`.as('version'),
            sql<string>`${compiledDigest}`.as('compiled_digest'),
            sql<string>`${irDigest}`.as('ir_digest'),
            sql<string>`${submittedBy}`.as('submitted_by'),
            sql<number>`${Date.now()}`.as('created_at'),
          ]),
      )
      .onConflict((conflict) => conflict.columns(['project', 'pipeline', 'compiled_digest']).doNothing())
      .compile(),
    db
      .selectFrom('pipeline_versions')
      .where('project', '=', project)
      .where('pipeline', '=', pipeline)
      .where('compiled_digest', '=', compiledDigest)
      .selectAll()
      .compile(),
  ]);
  const [row] = found.rows;
  if (!row) throw new Error(`Pipeline '${pipeline}' was added and is not there.`);
  return versionOf(row);
};

async function get(
  { db, project }: SqlSession,
  pipeline: string,
  version: number | 'latest',
): Promise<PipelineVersion | null> {
  const ofPipeline = db
    .selectFrom('pipeline_versions')
    .where('project', '=', project)
    .where('pipeline', '=', pipeline)
    .selectAll();
  const query =
    version === 'latest' ? ofPipeline.orderBy('version', 'desc').limit(1) : ofPipeline.where('version', '=', version);
  const row = await query.executeTakeFirst();
  return row ? versionOf(row) : null;
}

async function byDigest({ db, project }: SqlSession, digest: string): Promise<PipelineVersion | null> {
  const row = await db
    .selectFrom('pipeline_versions')
    .where('project', '=', project)
    .where('compiled_digest', '=', digest)
    .selectAll()
    .executeTakeFirst();
  return row ? versionOf(row) : null;
}

type ListKey = readonly [createdAt: number, pipeline: string, version: number];
const isListKey = (key: readonly unknown[]): key is ListKey =>
  typeof key[0] === 'number' && typeof key[1] === 'string' && typeof key[2] === 'number';

async function list({ db, project }: SqlSession, request: Parameters<PipelineTable['list']>[0]) {
  const limit = pageLimit(request);
  const after = cursorKey(request, 'pipelines', isListKey);
  let query = db.selectFrom('pipeline_versions').where('project', '=', project).selectAll();
  if (request?.pipeline !== undefined) query = query.where('pipeline', '=', request.pipeline);
  if (after) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'pipeline', 'version'), '<', tuple(...after)),
    );
  }
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('pipeline', 'desc')
    .orderBy('version', 'desc')
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, 'pipelines', (row) => [row.created_at, row.pipeline, row.version], versionOf);
}

const isName = (key: readonly unknown[]): key is readonly [string] => key.length === 1 && typeof key[0] === 'string';

async function newest({ db, project }: SqlSession, request: PageRequest | undefined) {
  const limit = pageLimit(request);
  const [after] = cursorKey(request, 'newestPipelines', isName) ?? [''];
  const rows = await db
    .selectFrom('pipeline_versions as each')
    .where('project', '=', project)
    .where('pipeline', '>', after)
    .where(({ eb, selectFrom }) =>
      eb(
        'version',
        '=',
        selectFrom('pipeline_versions as other')
          .where('other.project', '=', project)
          .whereRef('other.pipeline', '=', 'each.pipeline')
          .select((all) => all.fn.max('other.version').as('version')),
      ),
    )
    .selectAll()
    .orderBy('pipeline')
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, 'newestPipelines', (row) => [row.pipeline], versionOf);
}

function versionOf(row: PipelineVersionRow): PipelineVersion {
  return {
    pipeline: row.pipeline,
    version: row.version,
    compiledDigest: row.compiled_digest,
    irDigest: row.ir_digest,
    submittedBy: row.submitted_by,
    createdAt: row.created_at,
  };
}
