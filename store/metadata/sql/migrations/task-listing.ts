import { sql } from 'kysely';
import type { Migration } from './migration.ts';

/**
 * What a wide run's tasks are listed and counted by, so that a look at it reads some of its rows and not all. Tasks of
 * runs from before are listed as if each stood alone: no dialect's SQL takes the indices out of their paths.
 */
export const taskListing: Migration = {
  version: 6,
  statements: (db) => [
    ...(
      [
        ['address', 'text', ''],
        ['rank', 'bigint', 0],
        ['turn', 'bigint', 0],
      ] as const
    ).map(([name, type, initial]) =>
      db.schema
        .alterTable('tasks')
        .addColumn(name, type, (column) => column.notNull().defaultTo(initial))
        .compile(),
    ),
    sql`update tasks set turn = sequence`.compile(db),
    // Rank before run: else a planner that knows nothing of the table yet takes it where it should take the key, and reads
    // all of a run for one of its tasks.
    db.schema
      .createIndex('tasks_by_listing')
      .on('tasks')
      .columns(['project', 'rank', 'run_id', 'turn', 'path'])
      .compile(),
    db.schema
      .createTable('task_counts')
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addColumn('address', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('tasks', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('task_counts_key', ['project', 'run_id', 'address', 'kind', 'status'])
      .compile(),
    sql`insert into task_counts (project, run_id, address, kind, status, tasks)
      select project, run_id, address, kind, status, count(*) from tasks
      group by project, run_id, address, kind, status`.compile(db),
  ],
};
