import { type CompiledQuery, type Expression, type SqlBool, sql } from 'kysely';
import { MetadataError, type Page, type PageRequest } from '../metadata-store.ts';
import type { Alias, AliasMove, RegistryTable } from '../registry-table.ts';
import { ConstraintError } from './constraint-error.ts';
import type { AliasMoveRow, AliasRow } from './database.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { cursorKey, isNumberKey, pageLimit, pageOf } from './paging.ts';
import type { SqlSession } from './sql-session.ts';

type Move = Parameters<RegistryTable['moveAlias']>[0];

export async function alias(session: SqlSession, model: string, name: string): Promise<Alias | null> {
  const row = await standing(session, model, name).selectAll().executeTakeFirst();
  return row ? aliasOf(row) : null;
}

export async function aliases({ db, project }: SqlSession, model: string): Promise<readonly Alias[]> {
  const rows = await db
    .selectFrom('aliases')
    .where('project', '=', project)
    .where('model', '=', model)
    .orderBy('alias')
    .selectAll()
    .execute();
  return rows.map(aliasOf);
}

/**
 * The history's line is written first, from where the alias stands, and only for a move that is one; the alias follows
 * under the same condition. A repeated move finds the alias where it should be, whatever was expected, so that a
 * caller that lost the answer may ask again.
 */
export async function moveAlias(session: SqlSession, move: Move): Promise<Alias | null> {
  const at = Date.now();
  const [, , found] = await transactMove(session, move, [
    writeHistory(session, move, at),
    move.to === null ? deleteAlias(session, move) : upsertAlias(session, move, move.to, at),
    standing(session, move.model, move.alias).selectAll().compile(),
  ]);
  const [row] = found.rows;
  if ((row?.version ?? null) !== move.to) throw conflict(move, row?.version ?? null);
  return row ? aliasOf(row) : null;
}

export async function history(
  { db, project }: SqlSession,
  model: string,
  request: PageRequest | undefined,
): Promise<Page<AliasMove>> {
  const limit = pageLimit(request);
  const after = cursorKey(request, isNumberKey);
  const ofModel = db.selectFrom('alias_moves').where('project', '=', project).where('model', '=', model);
  const query = after ? ofModel.where('position', '<', after[0]) : ofModel;
  const rows = await query
    .selectAll()
    .orderBy('position', 'desc')
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, (row) => [row.position], moveOf);
}

export function aliasOf(row: AliasRow): Alias {
  return { model: row.model, alias: row.alias, version: row.version, updatedAt: row.updated_at };
}

async function transactMove(
  session: SqlSession,
  move: Move,
  queries: readonly [CompiledQuery, CompiledQuery, CompiledQuery<AliasRow>],
) {
  try {
    return await session.transact(queries);
  } catch (error) {
    if (!(error instanceof ConstraintError && error.constraint === 'foreignKey')) throw error;
    throw new MetadataError(
      'notFound',
      `Model '${move.model}' has no version ${move.to}, so '${move.alias}' was not moved. List its versions and name one.`,
    );
  }
}

function standing({ db, project }: SqlSession, model: string, name: string) {
  return db.selectFrom('aliases').where('project', '=', project).where('model', '=', model).where('alias', '=', name);
}

/** Whether the alias stands elsewhere than the move's end, and where the caller expects it. */
function mayMove(session: SqlSession, move: Move): Expression<SqlBool> {
  const now = standing(session, move.model, move.alias).select('version');
  const elsewhere = sql<SqlBool>`(${now}) is distinct from ${move.to}`;
  return move.expected === undefined
    ? elsewhere
    : sql<SqlBool>`${elsewhere} and (${now}) is not distinct from ${move.expected}`;
}

function writeHistory(session: SqlSession, move: Move, at: number): CompiledQuery {
  const { db, project } = session;
  const { model, alias } = move;
  const positions = db.selectFrom('alias_moves').where('project', '=', project).where('model', '=', model);
  return db
    .insertInto('alias_moves')
    .columns([
      ...(['project', 'model', 'position', 'alias', 'from_version', 'to_version'] as const),
      ...(['moved_by', 'reason', 'run_id', 'evidence', 'at'] as const),
    ])
    .expression(
      db
        .selectNoFrom([
          sql<string>`${project}`.as('project'),
          sql<string>`${model}`.as('model'),
          sql<number>`(${positions.select(sql`coalesce(max(position), 0) + 1`.as('next'))})`.as('position'),
          sql<string>`${alias}`.as('alias'),
          sql<number | null>`(${standing(session, model, alias).select('version')})`.as('from_version'),
          sql<number | null>`${move.to}`.as('to_version'),
          sql<string>`${move.by}`.as('moved_by'),
          sql<string>`${move.reason}`.as('reason'),
          sql<string | null>`${move.runId}`.as('run_id'),
          sql<string>`${toColumn(move.evidence)}`.as('evidence'),
          sql<number>`${at}`.as('at'),
        ])
        .where(mayMove(session, move)),
    )
    .compile();
}

function upsertAlias(session: SqlSession, move: Move, to: number, at: number): CompiledQuery {
  const { db, project } = session;
  return db
    .insertInto('aliases')
    .columns(['project', 'model', 'alias', 'version', 'updated_at'])
    .expression(
      db
        .selectNoFrom([
          sql<string>`${project}`.as('project'),
          sql<string>`${move.model}`.as('model'),
          sql<string>`${move.alias}`.as('alias'),
          sql<number>`${to}`.as('version'),
          sql<number>`${at}`.as('updated_at'),
        ])
        .where(mayMove(session, move)),
    )
    .onConflict((clash) =>
      clash.columns(['project', 'model', 'alias']).doUpdateSet((eb) => ({
        version: eb.ref('excluded.version'),
        updated_at: eb.ref('excluded.updated_at'),
      })),
    )
    .compile();
}

function deleteAlias(session: SqlSession, move: Move): CompiledQuery {
  return session.db
    .deleteFrom('aliases')
    .where('project', '=', session.project)
    .where('model', '=', move.model)
    .where('alias', '=', move.alias)
    .where(mayMove(session, move))
    .compile();
}

function conflict(move: Move, now: number | null): MetadataError {
  const name = (version: number | null | undefined) => (version == null ? 'no version' : `version ${version}`);
  return new MetadataError(
    'conflict',
    `'${move.alias}' of model '${move.model}' names ${name(now)}, not ${name(move.expected)}: another move came first. Read it again and decide anew.`,
  );
}

function moveOf(row: AliasMoveRow): AliasMove {
  return {
    model: row.model,
    alias: row.alias,
    from: row.from_version,
    to: row.to_version,
    by: row.moved_by,
    reason: row.reason,
    runId: row.run_id,
    evidence: fromColumn(row.evidence),
    at: row.at,
  };
}
