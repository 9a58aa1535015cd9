import type { Migration } from './migration.ts';

/** A backfill says which of the partitions that were asked for it was to run. */
export const backfillReruns: Migration = {
  version: 17,
  statements: (db) => [
    db.schema
      .alterTable('backfills')
      .addColumn('rerun', 'text', (column) => column.notNull().defaultTo('missing'))
      .compile(),
  ],
};
