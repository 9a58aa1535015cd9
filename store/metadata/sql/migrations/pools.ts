import type { Migration } from './migration.ts';

/** How many slots there are of what is scarce, and who has them or stands in line. A run has a priority. */
export const pools: Migration = {
  version: 9,
  statements: (db) => [
    db.schema
      .createTable('pools')
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('slots', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_by', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('pools_key', ['project', 'name'])
      .compile(),
    db.schema
      .createTable('pool_slots')
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('pool', 'text', (column) => column.notNull())
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addColumn('path', 'text', (column) => column.notNull())
      .addColumn('slots', 'bigint', (column) => column.notNull())
      .addColumn('own_size', 'bigint')
      .addColumn('priority', 'bigint', (column) => column.notNull())
      .addColumn('workflow_id', 'text')
      .addColumn('asked_at', 'bigint', (column) => column.notNull())
      .addColumn('granted_at', 'bigint')
      .addColumn('lease_until', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('pool_slots_key', ['project', 'pool', 'run_id', 'path'])
      .compile(),
    db.schema
      .createIndex('pool_slots_by_run_id_path')
      .on('pool_slots')
      .columns(['project', 'run_id', 'path'])
      .compile(),
    db.schema.alterTable('runs').addColumn('priority', 'bigint').compile(),
  ],
};
