import type { Migration } from './migration.ts';

/** What a rerun names, and who holds a run. */
export const runControl: Migration = {
  version: 4,
  statements: (db) =>
    (
      [
        ['rerun_from', 'text', '[]'],
        ['pause', 'text', 'null'],
        ['pause_sequence', 'integer', 0],
      ] as const
    ).map(([name, type, initial]) =>
      db.schema
        .alterTable('runs')
        .addColumn(name, type, (column) => column.notNull().defaultTo(initial))
        .compile(),
    ),
};
