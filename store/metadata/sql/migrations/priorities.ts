import type { Migration } from './migration.ts';

/** What starts runs says which priority they have. */
export const priorities: Migration = {
  version: 15,
  statements: (db) =>
    (['schedule_changes', 'trigger_changes', 'backfills'] as const).map((table) =>
      db.schema.alterTable(table).addColumn('priority', 'bigint').compile(),
    ),
};
