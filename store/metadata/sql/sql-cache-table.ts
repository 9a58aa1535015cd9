import type { CacheEntry, CacheTable, KeptParts } from '../cache-table.ts';
import { claimKeys } from './cache-claims.ts';
import type { CacheEntryRow } from './database.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { chunksOf } from './row-chunks.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlCacheTable(session: SqlSession): CacheTable {
  return {
    get: (keys) => get(session, keys),
    put: (entry) => put(session, entry),
    recent: (pipeline, path, limit) => recent(session, pipeline, path, limit),
    delete: (key) => remove(session, key),
    claim: (claims, now) => claimKeys(session, claims, now),
  };
}

async function get({ db, project }: SqlSession, keys: readonly string[]): Promise<ReadonlyMap<string, CacheEntry>> {
  const found = new Map<string, CacheEntry>();
  for (const chunk of chunksOf(keys)) {
    const rows = await db
      .selectFrom('cache_entries')
      .where('project', '=', project)
      .where('key', 'in', chunk)
      .selectAll()
      .execute();
    for (const row of rows) found.set(row.key, entryOf(row));
  }
  return found;
}

async function put({ db, project, transact }: SqlSession, entry: CacheEntry): Promise<void> {
  const kept = {
    pipeline: entry.pipeline,
    step: entry.step,
    output: toColumn(entry.output),
    run_id: entry.runId,
    path: entry.path,
    parts: toColumn(entry.parts),
    created_at: entry.createdAt,
  };
  await transact([
    db
      .insertInto('cache_entries')
      .values({ project, key: entry.key, ...kept })
      .onConflict((conflict) => conflict.columns(['project', 'key']).doUpdateSet(kept))
      .compile(),
    db
      .deleteFrom('cache_claims')
      .where('project', '=', project)
      .where('key', '=', entry.key)
      .where('run_id', '=', entry.runId)
      .where('path', '=', entry.path)
      .compile(),
  ]);
}

async function recent(
  { db, project }: SqlSession,
  pipeline: string,
  path: string,
  limit: number,
): Promise<readonly KeptParts[]> {
  const rows = await db
    .selectFrom('cache_entries')
    .where('project', '=', project)
    .where('pipeline', '=', pipeline)
    .where('path', '=', path)
    .orderBy('created_at', 'desc')
    .select(['run_id', 'path', 'parts', 'created_at'])
    .limit(limit)
    .execute();
  return rows.map(keptPartsOf);
}

async function remove({ db, project }: SqlSession, key: string): Promise<void> {
  await db.deleteFrom('cache_entries').where('project', '=', project).where('key', '=', key).execute();
}

function entryOf(row: CacheEntryRow): CacheEntry {
  return {
    key: row.key,
    pipeline: row.pipeline,
    step: row.step,
    output: fromColumn(row.output),
    ...keptPartsOf(row),
  };
}

function keptPartsOf(row: Pick<CacheEntryRow, 'run_id' | 'path' | 'parts' | 'created_at'>): KeptParts {
  return { runId: row.run_id, path: row.path, parts: fromColumn(row.parts), createdAt: row.created_at };
}
