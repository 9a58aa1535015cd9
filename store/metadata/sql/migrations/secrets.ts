import type { Migration } from './migration.ts';

/** Secrets, sealed by a key that is kept elsewhere. Of a deleted version stays who set and who deleted it. */
export const secrets: Migration = {
  version: 11,
  statements: (db) => [
    db.schema
      .createTable('secret_versions')
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('version', 'bigint', (column) => column.notNull())
      .addColumn('key_id', 'text', (column) => column.notNull())
      .addColumn('nonce', 'text', (column) => column.notNull())
      .addColumn('sealed', 'text')
      .addColumn('set_at', 'bigint', (column) => column.notNull())
      .addColumn('set_by', 'text', (column) => column.notNull())
      .addColumn('deleted_at', 'bigint')
      .addColumn('deleted_by', 'text')
      .addPrimaryKeyConstraint('secret_versions_key', ['project', 'name', 'version'])
      .compile(),
  ],
};
