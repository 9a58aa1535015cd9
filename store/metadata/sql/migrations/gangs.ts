import type { Migration } from './migration.ts';

/** Where the replicas of a task find each other before they begin. */
export const gangs: Migration = {
  version: 13,
  statements: (db) => [
    db.schema
      .createTable('gang_replicas')
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addColumn('path', 'text', (column) => column.notNull())
      .addColumn('attempt', 'bigint', (column) => column.notNull())
      .addColumn('rank', 'bigint', (column) => column.notNull())
      .addColumn('size', 'bigint', (column) => column.notNull())
      .addColumn('queue', 'text', (column) => column.notNull())
      .addColumn('delivery', 'text', (column) => column.notNull())
      .addColumn('machine', 'text', (column) => column.notNull())
      .addColumn('host', 'text', (column) => column.notNull())
      .addColumn('port', 'bigint')
      .addColumn('gathered_at', 'bigint')
      .addColumn('gave_way_at', 'bigint')
      .addColumn('lease_until', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('gang_replicas_key', ['project', 'run_id', 'path', 'attempt', 'rank'])
      .compile(),
  ],
};
