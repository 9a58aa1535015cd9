import { MetadataError, type Page, type PageRequest } from '../metadata-store.ts';
import type { NewSchedule, Schedule, ScheduleChange, ScheduleTable } from '../schedule-table.ts';
import { ConstraintError } from './constraint-error.ts';
import type { ScheduleChangeRow } from './database.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { cursorKey, isNumberKey, pageLimit, pageOf } from './paging.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlScheduleTable(session: SqlSession): ScheduleTable {
  return {
    get: async (name) => {
      const last = await lastOf(session, name);
      return last === null || last.change === 'deleted' ? null : scheduleOf(last);
    },
    list: async () => (await standing(session).where('change', '!=', 'deleted').execute()).map(scheduleOf),
    deleted: async () => (await standing(session).where('change', '=', 'deleted').execute()).map((row) => row.name),
    set: (schedule, change, expected) => set(session, schedule, change, expected),
    remove: (name, by) => remove(session, name, by),
    history: (name, page) => history(session, name, page),
  };
}

/** The last line of each name. */
export function standing({ db, project }: SqlSession) {
  return db
    .selectFrom('schedule_changes')
    .where('project', '=', project)
    .where('generation', '=', ({ selectFrom }) =>
      selectFrom('schedule_changes as later')
        .whereRef('later.project', '=', 'schedule_changes.project')
        .whereRef('later.name', '=', 'schedule_changes.name')
        .select(({ fn }) => fn.max('later.generation').as('generation')),
    )
    .orderBy('name')
    .selectAll();
}

async function lastOf({ db, project }: SqlSession, name: string): Promise<ScheduleChangeRow | null> {
  const row = await db
    .selectFrom('schedule_changes')
    .where('project', '=', project)
    .where('name', '=', name)
    .orderBy('generation', 'desc')
    .limit(1)
    .selectAll()
    .executeTakeFirst();
  return row ?? null;
}

async function set(
  session: SqlSession,
  schedule: NewSchedule,
  change: ScheduleChange['change'],
  expected: number | null,
): Promise<Schedule> {
  const last = await lastOf(session, schedule.name);
  const found = last === null || last.change === 'deleted' ? null : last.generation;
  if (found !== expected) throw conflict(schedule.name, found, expected);
  return append(session, schedule, change, last?.generation ?? 0);
}

async function remove(session: SqlSession, name: string, by: string): Promise<void> {
  const last = await lastOf(session, name);
  if (last === null || last.change === 'deleted') {
    throw new MetadataError('notFound', `There is no schedule '${name}' in project '${session.project}'.`);
  }
  await append(session, { ...scheduleOf(last), updatedBy: by }, 'deleted', last.generation);
}

/** The key refuses a second line after the same one: of two that read the same, one comes through. */
async function append(
  session: SqlSession,
  schedule: NewSchedule,
  change: ScheduleChange['change'],
  after: number,
): Promise<Schedule> {
  const { db, project } = session;
  const row: ScheduleChangeRow = {
    project,
    name: schedule.name,
    generation: after + 1,
    change,
    pipeline: schedule.pipeline,
    version: schedule.version,
    params: toColumn(schedule.params),
    spec: toColumn(schedule.spec),
    paused: schedule.paused ? 1 : 0,
    note: schedule.note,
    updated_at: Date.now(),
    updated_by: schedule.updatedBy,
  };
  try {
    await db.insertInto('schedule_changes').values(row).execute();
  } catch (error) {
    if (!(error instanceof ConstraintError && error.constraint === 'unique')) throw error;
    throw conflict(schedule.name, (await lastOf(session, schedule.name))?.generation ?? null, after);
  }
  return scheduleOf(row);
}

function conflict(name: string, found: number | null, expected: number | null): MetadataError {
  if (expected === null) {
    return new MetadataError('conflict', `There is a schedule '${name}' already. Update it, or choose another name.`);
  }
  const state = found === null ? 'was deleted' : `is at generation ${found}, not ${expected}`;
  return new MetadataError(
    'conflict',
    `Schedule '${name}' ${state}: another change came first. Read it again and repeat.`,
  );
}

async function history(
  { db, project }: SqlSession,
  name: string,
  request: PageRequest | undefined,
): Promise<Page<ScheduleChange>> {
  const limit = pageLimit(request);
  const after = cursorKey(request, 'scheduleChanges', isNumberKey);
  let query = db.selectFrom('schedule_changes').where('project', '=', project).where('name', '=', name).selectAll();
  if (after) query = query.where('generation', '<', after[0]);
  const rows = await query
    .orderBy('generation', 'desc')
    .limit(limit + 1)
    .execute();
  return pageOf(
    rows,
    limit,
    'scheduleChanges',
    (row) => [row.generation],
    (row) => ({ ...scheduleOf(row), change: row.change }),
  );
}

function scheduleOf(row: ScheduleChangeRow): Schedule {
  return {
    name: row.name,
    generation: row.generation,
    pipeline: row.pipeline,
    version: row.version,
    params: fromColumn(row.params),
    spec: fromColumn(row.spec),
    paused: row.paused === 1,
    note: row.note,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  };
}
