import { type SqlBool, sql } from 'kysely';
import type { Event, EventTable, Unread } from '../event-table.ts';
import type { EventRow } from './event-rows.ts';
import { fromColumn } from './json-column.ts';
import { pageLimit } from './paging.ts';
import type { SqlSession } from './sql-session.ts';
import { tellEvent, told } from './tell-event.ts';

export function sqlEventTable(session: SqlSession): EventTable {
  return {
    append: (key, facts, at) => append(session, key, facts, at),
    after: (sequence, limit) => after(session, sequence, limit),
    newest: () => newest(session),
    cursor: (consumer) => cursor(session, consumer),
    moveCursor: (consumer, from, to) => moveCursor(session, consumer, from, to),
    countBefore: (at) => countBefore(session, at),
    deleteBefore: (at) => deleteBefore(session, at),
  };
}

async function append(session: SqlSession, ...[key, facts, at]: Parameters<EventTable['append']>): Promise<boolean> {
  const [inserted] = await session.transact([tellEvent(session, told(key, facts, at), sql<SqlBool>`1 = 1`)]);
  return (inserted.numAffectedRows ?? 0n) > 0n;
}

async function after({ db, project }: SqlSession, sequence: number, limit: number): Promise<readonly Event[]> {
  const rows = await db
    .selectFrom('events')
    .where('project', '=', project)
    .where('sequence', '>', sequence)
    .orderBy('sequence')
    .limit(pageLimit({ limit }))
    .selectAll()
    .execute();
  return rows.map(eventOf);
}

async function newest({ db, project }: SqlSession): Promise<number> {
  const row = await db
    .selectFrom('events')
    .where('project', '=', project)
    .select(sql<number | null>`max(sequence)`.as('sequence'))
    .executeTakeFirst();
  return row?.sequence ?? 0;
}

async function cursor({ db, project }: SqlSession, consumer: string): Promise<number | null> {
  const row = await db
    .selectFrom('event_cursors')
    .where('project', '=', project)
    .where('consumer', '=', consumer)
    .select('sequence')
    .executeTakeFirst();
  return row?.sequence ?? null;
}

const moveCursor = async (
  { db, project }: SqlSession,
  ...[consumer, from, to]: Parameters<EventTable['moveCursor']>
) => {
  const [result] =
    from === null
      ? await db
          .insertInto('event_cursors')
          .values({ project, consumer, sequence: to })
          .onConflict((conflict) => conflict.doNothing())
          .returning('sequence')
          .execute()
      : await db
          .updateTable('event_cursors')
          .where('project', '=', project)
          .where('consumer', '=', consumer)
          .where('sequence', '=', from)
          .set({ sequence: to })
          .returning('sequence')
          .execute();
  return result !== undefined;
};

async function countBefore({ db, project }: SqlSession, at: number): Promise<number> {
  const { count } = await db
    .selectFrom('events')
    .where('project', '=', project)
    .where('at', '<', at)
    .where('sequence', '<', newestOf(db, project))
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

async function deleteBefore({ db, project }: SqlSession, at: number): Promise<readonly Unread[]> {
  const unread = await db
    .selectFrom('event_cursors')
    .innerJoin('events', 'events.project', 'event_cursors.project')
    .where('event_cursors.project', '=', project)
    .whereRef('events.sequence', '>', 'event_cursors.sequence')
    .where('events.at', '<', at)
    .where('events.sequence', '<', newestOf(db, project))
    .groupBy('consumer')
    .orderBy('consumer')
    .select(({ fn }) => ['consumer', fn.countAll<number>().as('events')])
    .execute();
  await db
    .deleteFrom('events')
    .where('project', '=', project)
    .where('at', '<', at)
    .where('sequence', '<', newestOf(db, project))
    .execute();
  return unread;
}

function newestOf(db: SqlSession['db'], project: string) {
  return db
    .selectFrom('events as all')
    .where('all.project', '=', project)
    .select(({ fn }) => fn.max('all.sequence').as('newest'));
}

function eventOf({ sequence, key, at, facts }: EventRow): Event {
  return { ...fromColumn<Event>(facts), sequence, key, at };
}
