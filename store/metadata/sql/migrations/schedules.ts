import type { Migration } from './migration.ts';

/**
 * Schedules are a log of changes: the last line of a name is the schedule as it is to be, so that a change and its history
 * cannot part. A run knows the schedule that started it.
 */
export const schedules: Migration = {
  version: 5,
  statements: (db) => [
    db.schema
      .createTable('schedule_changes')
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('generation', 'bigint', (column) => column.notNull())
      .addColumn('change', 'text', (column) => column.notNull())
      .addColumn('pipeline', 'text', (column) => column.notNull())
      .addColumn('version', 'bigint')
      .addColumn('params', 'text', (column) => column.notNull())
      .addColumn('spec', 'text', (column) => column.notNull())
      .addColumn('paused', 'bigint', (column) => column.notNull())
      .addColumn('note', 'text')
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_by', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('schedule_changes_key', ['project', 'name', 'generation'])
      .compile(),
    db.schema.alterTable('runs').addColumn('schedule', 'text').compile(),
    db.schema
      .createIndex('runs_by_schedule_created_at_id')
      .on('runs')
      .columns(['project', 'schedule', 'created_at', 'id'])
      .compile(),
  ],
};
