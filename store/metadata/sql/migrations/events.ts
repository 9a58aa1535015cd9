import type { Migration } from './migration.ts';

/** What happened, in one order, and how far each consumer has read. */
export const events: Migration = {
  version: 10,
  statements: (db) => [
    db.schema
      .createTable('events')
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('sequence', 'bigint', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('facts', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('events_key', ['project', 'sequence'])
      .addUniqueConstraint('events_by_key', ['project', 'key'])
      .compile(),
    db.schema.createIndex('events_by_at').on('events').columns(['project', 'at']).compile(),
    db.schema
      .createTable('event_cursors')
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('consumer', 'text', (column) => column.notNull())
      .addColumn('sequence', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('event_cursors_key', ['project', 'consumer'])
      .compile(),
  ],
};
