import type { Migration } from './migration.ts';

/** Triggers are a log of changes, as schedules are; beside it, what each has seen and done. */
export const triggers: Migration = {
  version: 14,
  statements: (db) => [
    db.schema
      .createTable('trigger_changes')
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
      .addPrimaryKeyConstraint('trigger_changes_key', ['project', 'name', 'generation'])
      .compile(),
    db.schema
      .createTable('trigger_watches')
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('trigger', 'text', (column) => column.notNull())
      .addColumn('watched', 'bigint', (column) => column.notNull())
      .addColumn('memory', 'text', (column) => column.notNull())
      .addColumn('as_of', 'bigint', (column) => column.notNull())
      .addColumn('failure', 'text')
      .addColumn('looked_at', 'bigint')
      .addPrimaryKeyConstraint('trigger_watches_key', ['project', 'trigger', 'watched'])
      .compile(),
    db.schema
      .createTable('firings')
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('trigger', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('sequence', 'bigint', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('event_at', 'bigint', (column) => column.notNull())
      .addColumn('outcome', 'text', (column) => column.notNull())
      .addColumn('run_id', 'text')
      .addColumn('depth', 'bigint', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('firings_key', ['project', 'trigger', 'key'])
      .compile(),
    db.schema.createIndex('firings_by_run').on('firings').columns(['project', 'run_id']).compile(),
    db.schema.createIndex('firings_by_sequence').on('firings').columns(['project', 'trigger', 'sequence']).compile(),
  ],
};
