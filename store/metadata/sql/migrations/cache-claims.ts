import type { Migration } from './migration.ts';

/** Who computes what, so that others can wait for it, and what a run was told of the cache. */
export const cacheClaims: Migration = {
  version: 3,
  statements: (db) => [
    db.schema
      .createTable('cache_claims')
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addColumn('path', 'text', (column) => column.notNull())
      .addColumn('lease_until', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('cache_claims_key', ['project', 'key'])
      .compile(),
    db.schema
      .createIndex('cache_claims_by_lease_until')
      .on('cache_claims')
      .columns(['project', 'lease_until'])
      .compile(),
    db.schema.alterTable('runs').addColumn('cache', 'text').compile(),
  ],
};
