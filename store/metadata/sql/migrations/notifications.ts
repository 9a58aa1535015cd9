import type { Migration } from './migration.ts';

/** Who is told of what, and the outbox of what is told. */
export const notifications: Migration = {
  version: 12,
  statements: (db) => [
    db.schema
      .createTable('notifications')
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('channel', 'text', (column) => column.notNull())
      .addColumn('events', 'text', (column) => column.notNull())
      .addColumn('pipelines', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('since', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('notifications_key', ['project', 'name'])
      .compile(),
    db.schema
      .createTable('deliveries')
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('notification', 'text', (column) => column.notNull())
      .addColumn('message', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('attempts', 'bigint', (column) => column.notNull())
      .addColumn('next_at', 'bigint', (column) => column.notNull())
      .addColumn('lease_until', 'bigint', (column) => column.notNull())
      .addColumn('last_error', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('ended_at', 'bigint')
      .addPrimaryKeyConstraint('deliveries_key', ['project', 'id'])
      .compile(),
    db.schema
      .createIndex('deliveries_by_status_next_at')
      .on('deliveries')
      .columns(['project', 'status', 'next_at'])
      .compile(),
    db.schema.createIndex('deliveries_by_ended_at').on('deliveries').columns(['project', 'ended_at']).compile(),
    db.schema
      .createIndex('deliveries_by_notification_created_at')
      .on('deliveries')
      .columns(['project', 'notification', 'created_at', 'id'])
      .compile(),
  ],
};
