import { sql } from 'kysely';
import { MetadataError } from '../metadata-store.ts';
import type { NewNotification, Notification, NotificationTable } from '../notification-table.ts';
import { ConstraintError } from './constraint-error.ts';
import * as outbox from './deliveries.ts';
import type { NotificationRow } from './event-rows.ts';
import { fromColumn, toColumn } from './json-column.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlNotificationTable(session: SqlSession): NotificationTable {
  return {
    create: (notification) => create(session, notification),
    get: (name) => get(session, name),
    list: () => list(session),
    delete: (name) => remove(session, name),
    enqueue: (deliveries) => outbox.enqueue(session, deliveries),
    due: (now) => outbox.due(session, now),
    claim: (notification, claim) => outbox.claim(session, notification, claim),
    endTry: (delivery, end) => outbox.endTry(session, delivery, end),
    deliveries: (notification, page) => outbox.deliveries(session, notification, page),
    deleteBefore: (at) => outbox.deleteBefore(session, at),
  };
}

async function create({ db, project }: SqlSession, given: NewNotification): Promise<Notification> {
  const { name, channel, events, pipelines, createdBy } = given;
  const row = {
    ...{ project, name, channel: toColumn(channel), events: toColumn(events), pipelines: toColumn(pipelines) },
    ...{ created_at: Date.now(), created_by: createdBy },
  };
  try {
    const made = await db
      .insertInto('notifications')
      .values(({ selectFrom }) => ({
        ...row,
        since: selectFrom('events')
          .where('events.project', '=', project)
          .select(sql<number>`coalesce(max(sequence), 0)`.as('newest')),
      }))
      .returningAll()
      .executeTakeFirstOrThrow();
    return notificationOf(made);
  } catch (error) {
    if (!(error instanceof ConstraintError && error.constraint === 'unique')) throw error;
    throw new MetadataError(
      'conflict',
      `There is a notification '${name}' already. Choose another name, or delete it: millrace notifications delete ${name}`,
    );
  }
}

async function get({ db, project }: SqlSession, name: string): Promise<Notification | null> {
  const row = await db
    .selectFrom('notifications')
    .where('project', '=', project)
    .where('name', '=', name)
    .selectAll()
    .executeTakeFirst();
  return row ? notificationOf(row) : null;
}

async function list({ db, project }: SqlSession): Promise<readonly Notification[]> {
  const rows = await db
    .selectFrom('notifications')
    .where('project', '=', project)
    .orderBy('name')
    .selectAll()
    .execute();
  return rows.map(notificationOf);
}

async function remove(session: SqlSession, name: string): Promise<void> {
  const { db, project } = session;
  const [deleted] = await session.transact([
    db.deleteFrom('notifications').where('project', '=', project).where('name', '=', name).compile(),
    outbox.giveUp(session, name, 'The notification was deleted.'),
  ]);
  if ((deleted.numAffectedRows ?? 0n) > 0n) return;
  throw new MetadataError('notFound', `There is no notification '${name}' in project '${project}'.`);
}

function notificationOf(row: NotificationRow): Notification {
  return {
    name: row.name,
    channel: fromColumn(row.channel),
    events: fromColumn(row.events),
    pipelines: fromColumn(row.pipelines),
    createdAt: row.created_at,
    createdBy: row.created_by,
    since: row.since,
  };
}
