import { type CompiledQuery, type Expression, type SqlBool, sql } from 'kysely';
import { MetadataError, type Page, type PageRequest } from '../metadata-store.ts';
import type { Alias, AliasMove, AliasStanding, RegistryTable } from '../registry-table.ts';
import { ConstraintError } from './constraint-error.ts';
import type { AliasMoveRow, AliasRow } from './database.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { cursorKey, isNumberKey, pageLimit, pageOf } from './paging.ts';
import type { SqlSession } from './sql-session.ts';
import { tellEvent, toldWith } from './tell-event.ts';

type Move = Parameters<RegistryTable['moveAlias']>[0];

export async function alias(session: SqlSession, model: string, name: string): Promise<Alias | null> {
  const row = await standing(session, model, name).selectAll().executeTakeFirst();
  return row ? aliasOf(row) : null;
}

export async function aliasStanding(session: SqlSession, model: string, name: string): Promise<AliasStanding> {
  const row = await session.db
    .selectNoFrom([
      sql<number | null>`(${standing(session, model, name).select('version')})`.as('version'),
      sql<number>`(${lastMove(session, model, name)})`.as('lastMove'),
    ])
    .executeTakeFirstOrThrow();
  return { version: row.version, lastMove: row.lastMove };
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
 * the history. A repeated move finds the alias where it should be, whatever was expected, so that a
 * caller that lost the answer may ask again.
 */
export async function moveAlias(session: SqlSession, move: Move): Promise<Alias | null> {
  const at = Date.now();
  const [, , , found, served] = await transactMove(session, move, [
    tellMove(session, move, at),
    writeHistory(session, move, at),
    move.to === null ? deleteAlias(session, move) : upsertAlias(session, move, move.to, at),
    standing(session, move.model, move.alias).selectAll().compile(),
    generationOf(session, move.endpoint?.name ?? '').compile(),
  ]);
  const [row] = found.rows;
  const generation = served.rows[0]?.generation ?? 0;
  if (move.endpoint && generation !== move.endpoint.generation) throw endpointConflict(move, generation);
  if ((row?.version ?? null) !== move.to) throw conflict(move, row?.version ?? null);
  return row ? aliasOf(row) : null;
}

export async function history(
  { db, project }: SqlSession,
  model: string,
  request: PageRequest | undefined,
): Promise<Page<AliasMove>> {
  const limit = pageLimit(request);
  const after = cursorKey(request, 'aliasMoves', isNumberKey);
  const ofModel = db.selectFrom('alias_moves').where('project', '=', project).where('model', '=', model);
  const query = after ? ofModel.where('position', '<', after[0]) : ofModel;
  const rows = await query
    .selectAll()
    .orderBy('position', 'desc')
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, 'aliasMoves', (row) => [row.position], moveOf);
}

export function aliasOf(row: AliasRow): Alias {
  return { model: row.model, alias: row.alias, version: row.version, updatedAt: row.updated_at };
}

async function transactMove(
  session: SqlSession,
  move: Move,
  queries: readonly [
    ...[CompiledQuery, CompiledQuery, CompiledQuery],
    CompiledQuery<AliasRow>,
    CompiledQuery<{ generation: number }>,
  ],
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

function movesOf({ db, project }: SqlSession, model: string, name: string) {
  return db
    .selectFrom('alias_moves')
    .where('project', '=', project)
    .where('model', '=', model)
    .where('alias', '=', name);
}

function lastMove(session: SqlSession, model: string, name: string) {
  return movesOf(session, model, name).select(sql<number>`coalesce(max(position), 0)`.as('last'));
}

function generationOf({ db, project }: SqlSession, endpoint: string) {
  return db.selectFrom('endpoints').where('project', '=', project).where('name', '=', endpoint).select('generation');
}

/** Whether the alias stands elsewhere than the move's end, and it and the endpoint where the caller expects them. */
function mayMove(session: SqlSession, move: Move): Expression<SqlBool> {
  const { model, alias, to, expected, endpoint } = move;
  const now = standing(session, model, alias).select('version');
  const conditions = [sql<SqlBool>`(${now}) is distinct from ${to}`];
  if (expected) conditions.push(sql<SqlBool>`(${now}) is not distinct from ${expected.version}`);
  if (expected?.lastMove !== undefined) {
    conditions.push(sql<SqlBool>`(${lastMove(session, model, alias)}) = ${expected.lastMove}`);
  }
  if (endpoint) conditions.push(sql<SqlBool>`(${generationOf(session, endpoint.name)}) = ${endpoint.generation}`);
  return sql<SqlBool>`${sql.join(conditions, sql` and `)}`;
}

/** Whether the newest line of the history is this move, and the alias has not followed it yet. */
function hasMoved(session: SqlSession, { model, alias, to }: Move): Expression<SqlBool> {
  const now = standing(session, model, alias).select('version');
  const newest = movesOf(session, model, alias).select('to_version').orderBy('position', 'desc').limit(1);
  return sql<SqlBool>`(${now}) is distinct from ${to} and (${newest}) is not distinct from ${to}`;
}

/** Before the history's line: from where the alias stands. */
function tellMove(session: SqlSession, move: Move, at: number): CompiledQuery {
  const { model, alias, to, runId: run, by, reason } = move;
  const from = sql<number | null>`(${standing(session, model, alias).select('version')})`;
  const key = { prefix: `aliasMoved:${model}:`, number: nextPosition(session, model) };
  return tellEvent(
    session,
    toldWith(key, { kind: 'aliasMoved', model, alias, to, run, by, reason }, { from }, at),
    mayMove(session, move),
  );
}

function nextPosition({ db, project }: SqlSession, model: string) {
  const positions = db.selectFrom('alias_moves').where('project', '=', project).where('model', '=', model);
  return sql<number>`(${positions.select(sql`coalesce(max(position), 0) + 1`.as('next'))})`;
}

function writeHistory(session: SqlSession, move: Move, at: number): CompiledQuery {
  const { db, project } = session;
  const { model, alias } = move;
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
          nextPosition(session, model).as('position'),
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
        .where(hasMoved(session, move)),
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
    .where(hasMoved(session, move))
    .compile();
}

function conflict(move: Move, now: number | null): MetadataError {
  const name = (version: number | null | undefined) => (version == null ? 'no version' : `version ${version}`);
  const expected = move.expected?.version ?? null;
  const found = now === expected ? `${name(now)} again` : `${name(now)}, not ${name(expected)}`;
  return new MetadataError(
    'conflict',
    `'${move.alias}' of model '${move.model}' names ${found}: another move came first. Read it again and decide anew.`,
  );
}

function endpointConflict({ alias, endpoint }: Move, now: number): MetadataError {
  return new MetadataError(
    'conflict',
    `Endpoint '${endpoint?.name}' is at generation ${now}, not ${endpoint?.generation}: another change came first, so ` +
      `'${alias}' was not moved. Read it again and decide anew.`,
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
