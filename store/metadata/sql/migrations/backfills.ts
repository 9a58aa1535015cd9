import type { Migration } from './migration.ts';

/** A run knows the backfill that started it, and is found by its partition. */
export const backfills: Migration = {
  version: 8,
  statements: (db) => [
    db.schema
      .createTable('backfills')
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('request', 'text', (column) => column.notNull())
      .addColumn('pipeline', 'text', (column) => column.notNull())
      .addColumn('pipeline_version', 'bigint', (column) => column.notNull())
      .addColumn('compiled_digest', 'text', (column) => column.notNull())
      .addColumn('params', 'text', (column) => column.notNull())
      .addColumn('concurrency', 'bigint', (column) => column.notNull())
      .addColumn('partitions', 'text', (column) => column.notNull())
      .addColumn('size', 'bigint', (column) => column.notNull())
      .addColumn('left_out', 'bigint', (column) => column.notNull())
      .addColumn('round', 'bigint', (column) => column.notNull())
      .addColumn('pending', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('ended_at', 'bigint')
      .addPrimaryKeyConstraint('backfills_key', ['project', 'id'])
      .compile(),
    db.schema
      .createIndex('backfills_by_created_at_id')
      .on('backfills')
      .columns(['project', 'created_at', 'id'])
      .compile(),
    db.schema.alterTable('runs').addColumn('backfill', 'text').compile(),
    ...(['backfill', 'pipeline'] as const).map((column) =>
      db.schema
        .createIndex(`runs_by_${column}_partition_created_at_id`)
        .on('runs')
        .columns(['project', column, 'partition', 'created_at', 'id'])
        .compile(),
    ),
  ],
};
