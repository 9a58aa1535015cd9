import type { CacheEntry, CacheTable } from '../cache-table.ts';
import type { CacheEntryRow } from './database.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { chunksOf } from './row-chunks.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlCacheTable(session: SqlSession): CacheTable {
  return {
    get: (keys) => get(session, keys),
    put: (entry) => put(session, entry),
    latest: (pipeline, path) => latest(session, pipeline, path),
    delete: (key) => remove(session, key),
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

async function put({ db, project }: SqlSession, entry: CacheEntry): Promise<void> {
  const kept = {
    pipeline: entry.pipeline,
    step: entry.step,
    output: toColumn(entry.output),
    run_id: entry.runId,
    path: entry.path,
    parts: toColumn(entry.parts),
    created_at: entry.createdAt,
  };
  await db
    .insertInto('cache_entries')
    .values({ project, key: entry.key, ...kept })
    .onConflict((conflict) => conflict.columns(['project', 'key']).doUpdateSet(kept))
    .execute();
}

async function latest({ db, project }: SqlSession, pipeline: string, path: string): Promise<CacheEntry | null> {
  const row = await db
    .selectFrom('cache_entries')
    .where('project', '=', project)
    .where('pipeline', '=', pipeline)
    .where('path', '=', path)
    .orderBy('created_at', 'desc')
    .selectAll()
    .limit(1)
    .executeTakeFirst();
  return row ? entryOf(row) : null;
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
    runId: row.run_id,
    path: row.path,
    parts: fromColumn(row.parts),
    createdAt: row.created_at,
  };
}
