import { type CompiledQuery, type SqlBool, sql } from 'kysely';
import type { Page, PageRequest } from '../metadata-store.ts';
import type { ModelVersion, RegistryTable } from '../registry-table.ts';
import { aliasOf } from './aliases.ts';
import type { ModelVersionRow } from './database.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { cursorKey, isNumberKey, pageLimit, pageOf } from './paging.ts';
import type { SqlSession } from './sql-session.ts';
import { tellEvent, toldWith } from './tell-event.ts';

export async function addVersion(
  session: SqlSession,
  added: Parameters<RegistryTable['addVersion']>[0],
): Promise<ModelVersion> {
  const { db, project, transact } = session;
  const { model, artifact } = added;
  const at = Date.now();
  const ofModel = db.selectFrom('model_versions').where('project', '=', project).where('model', '=', model);
  const [, , found] = await transact([
    tellVersion(session, added, at),
    db
      .insertInto('model_versions')
      .columns([
        ...(['project', 'model', 'version', 'digest', 'artifact', 'evidence'] as const),
        ...(['run_id', 'task_path', 'created_by', 'created_at'] as const),
      ])
      .expression(
        ofModel.select([
          sql<string>`${project}`.as('project'),
          sql<string>`${model}`.as('model'),
          sql<number>`coalesce(max(version), 0) + 1`.as('version'),
          sql<string>`${artifact.digest}`.as('digest'),
          sql<string>`${toColumn(artifact)}`.as('artifact'),
          sql<string>`${toColumn(added.evidence)}`.as('evidence'),
          sql<string | null>`${added.runId}`.as('run_id'),
          sql<string | null>`${added.taskPath}`.as('task_path'),
          sql<string>`${added.createdBy}`.as('created_by'),
          sql<number>`${at}`.as('created_at'),
        ]),
      )
      .onConflict((conflict) => conflict.columns(['project', 'model', 'digest']).doNothing())
      .compile(),
    ofModel.where('digest', '=', artifact.digest).selectAll().compile(),
  ]);
  const [row] = found.rows;
  if (!row) throw new Error(`A version of model '${model}' was added and is not there.`);
  return versionOf(row);
}

/** Before it is added: what is there already is not told again. */
function tellVersion(
  session: SqlSession,
  added: Parameters<RegistryTable['addVersion']>[0],
  at: number,
): CompiledQuery {
  const { db, project } = session;
  const { model, artifact, runId: run, createdBy: by } = added;
  const ofModel = db.selectFrom('model_versions').where('project', '=', project).where('model', '=', model);
  const next = sql<number>`(${ofModel.select(sql`coalesce(max(version), 0) + 1`.as('version'))})`;
  const isNew = sql<SqlBool>`not exists ${ofModel.where('digest', '=', artifact.digest).select('version')}`;
  const key = { prefix: `versionAdded:${model}:`, number: next };
  return tellEvent(session, toldWith(key, { kind: 'versionAdded', model, run, by }, { version: next }, at), isNew);
}

export async function version(
  { db, project }: SqlSession,
  model: string,
  number: number,
): Promise<ModelVersion | null> {
  const row = await db
    .selectFrom('model_versions')
    .where('project', '=', project)
    .where('model', '=', model)
    .where('version', '=', number)
    .selectAll()
    .executeTakeFirst();
  return row ? versionOf(row) : null;
}

export async function versions(
  { db, project }: SqlSession,
  model: string,
  request: PageRequest | undefined,
): Promise<Page<ModelVersion>> {
  const limit = pageLimit(request);
  const after = cursorKey(request, 'versions', isNumberKey);
  const ofModel = db.selectFrom('model_versions').where('project', '=', project).where('model', '=', model);
  const query = after ? ofModel.where('version', '<', after[0]) : ofModel;
  const rows = await query
    .selectAll()
    .orderBy('version', 'desc')
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, 'versions', (row) => [row.version], versionOf);
}

export async function models({ db, project }: SqlSession): ReturnType<RegistryTable['models']> {
  const counted = await db
    .selectFrom('model_versions')
    .where('project', '=', project)
    .groupBy('model')
    .orderBy('model')
    .select(({ fn }) => ['model', fn.countAll<number>().as('versions')])
    .execute();
  const rows = await db.selectFrom('aliases').where('project', '=', project).orderBy('alias').selectAll().execute();
  const named = rows.map(aliasOf);
  return counted.map((row) => ({ ...row, aliases: named.filter((alias) => alias.model === row.model) }));
}

function versionOf(row: ModelVersionRow): ModelVersion {
  return {
    model: row.model,
    version: row.version,
    artifact: fromColumn(row.artifact),
    evidence: fromColumn(row.evidence),
    runId: row.run_id,
    taskPath: row.task_path,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}
