import { sql } from 'kysely';
import type { Migration } from './migration.ts';

/** A miss is explained by what the same pipeline kept at the same place: another's task there is another task. */
export const cacheByPipeline: Migration = {
  version: 2,
  statements: (db) => [
    db.schema
      .alterTable('cache_entries')
      .addColumn('pipeline', 'text', (column) => column.notNull().defaultTo(''))
      .compile(),
    sql`update cache_entries set pipeline = coalesce((select runs.pipeline from runs
      where runs.project = cache_entries.project and runs.id = cache_entries.run_id), '')`.compile(db),
    db.schema.dropIndex('cache_entries_by_step_path_created_at').compile(),
    db.schema
      .createIndex('cache_entries_by_pipeline_path_created_at')
      .on('cache_entries')
      .columns(['project', 'pipeline', 'path', 'created_at'])
      .compile(),
  ],
};
