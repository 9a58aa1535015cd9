import type { Migration } from './migration.ts';

/** What is on its way out of the artifact store, and the order in which runs end. */
export const retention: Migration = {
  version: 7,
  statements: (db) => [
    db.schema
      .createTable('condemned')
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('family', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('bytes', 'bigint', (column) => column.notNull())
      .addColumn('condemned_at', 'bigint', (column) => column.notNull())
      .addColumn('leaving_until', 'bigint')
      .addPrimaryKeyConstraint('condemned_key', ['project', 'family', 'digest'])
      .compile(),
    db.schema.createIndex('runs_by_ended_at').on('runs').columns(['project', 'ended_at']).compile(),
    db.schema.createIndex('cache_entries_by_run_id').on('cache_entries').columns(['project', 'run_id']).compile(),
    db.schema.createIndex('model_versions_by_run_id').on('model_versions').columns(['project', 'run_id']).compile(),
  ],
};
