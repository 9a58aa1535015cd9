import type { Change, ChangeLog, NewStarter, Starter } from '../change-log.ts';
import { MetadataError, type Page, type PageRequest } from '../metadata-store.ts';
import { ConstraintError } from './constraint-error.ts';
import type { ChangeRow } from './database.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { cursorKey, isNameKey, isNumberKey, pageLimit, pageOf } from './paging.ts';
import type { SqlSession } from './sql-session.ts';

/** A table of changes, and what people call that of which they are. */
type Log =
  | {
      readonly table: 'schedule_changes';
      readonly noun: 'schedule';
      readonly names: 'schedules';
      readonly pages: 'scheduleChanges';
    }
  | {
      readonly table: 'trigger_changes';
      readonly noun: 'trigger';
      readonly names: 'triggers';
      readonly pages: 'triggerChanges';
    };

export const SCHEDULES: Log = {
  ...{ table: 'schedule_changes', noun: 'schedule', names: 'schedules', pages: 'scheduleChanges' },
};
export const TRIGGERS: Log = {
  ...{ table: 'trigger_changes', noun: 'trigger', names: 'triggers', pages: 'triggerChanges' },
};

interface LogSession extends SqlSession {
  readonly log: Log;
}

export function sqlChangeLog<Spec>({ project, db, transact }: SqlSession, log: Log): ChangeLog<Spec> {
  const session: LogSession = { project, db, transact, log };
  return {
    get: async (name) => {
      const last = await lastOf(session, name);
      return last === null || last.change === 'deleted' ? null : starterOf(last);
    },
    list: async () => (await standing(session, log).where('change', '!=', 'deleted').execute()).map(starterOf<Spec>),
    page: (request) => page(session, request),
    deleted: async () =>
      (await standing(session, log).where('change', '=', 'deleted').execute()).map((row) => row.name),
    set: (starter, change, expected) => set(session, starter, change, expected),
    remove: (name, by, expectedGeneration) => remove(session, name, by, expectedGeneration),
    history: (name, page) => history(session, name, page),
  };
}

/** The last line of each name. */
export function standing({ db, project }: SqlSession, { table }: Log) {
  return db
    .selectFrom(`${table} as changes`)
    .where('project', '=', project)
    .where('generation', '=', ({ selectFrom }) =>
      selectFrom(`${table} as later`)
        .whereRef('later.project', '=', 'changes.project')
        .whereRef('later.name', '=', 'changes.name')
        .select(({ fn }) => fn.max('later.generation').as('generation')),
    )
    .orderBy('name')
    .selectAll();
}

async function page<Spec>(session: LogSession, request: PageRequest | undefined): Promise<Page<Starter<Spec>>> {
  const { log } = session;
  const limit = pageLimit(request);
  const after = cursorKey(request, log.names, isNameKey);
  let query = standing(session, log).where('change', '!=', 'deleted');
  if (after) query = query.where('name', '>', after[0]);
  const rows = await query.limit(limit + 1).execute();
  return pageOf(rows, limit, log.names, (row) => [row.name], starterOf<Spec>);
}

async function lastOf({ db, project, log }: LogSession, name: string): Promise<ChangeRow | null> {
  const row = await db
    .selectFrom(log.table)
    .where('project', '=', project)
    .where('name', '=', name)
    .orderBy('generation', 'desc')
    .limit(1)
    .selectAll()
    .executeTakeFirst();
  return row ?? null;
}

async function set<Spec>(
  session: LogSession,
  starter: NewStarter<Spec>,
  change: Change<Spec>['change'],
  expected: number | null,
): Promise<Starter<Spec>> {
  const last = await lastOf(session, starter.name);
  const found = last === null || last.change === 'deleted' ? null : last.generation;
  if (found !== expected) throw conflict(session.log, starter.name, found, expected);
  return append(session, starter, change, last?.generation ?? 0);
}

async function remove(session: LogSession, name: string, by: string, expectedGeneration?: number): Promise<void> {
  const last = await lastOf(session, name);
  if (last === null || last.change === 'deleted') {
    throw new MetadataError('notFound', `There is no ${session.log.noun} '${name}' in project '${session.project}'.`);
  }
  await append(session, { ...starterOf(last), updatedBy: by }, 'deleted', expectedGeneration ?? last.generation);
}

/** The key refuses a second line after the same one: of two that read the same, one comes through. */
async function append<Spec>(
  session: LogSession,
  starter: NewStarter<Spec>,
  change: Change<Spec>['change'],
  after: number,
): Promise<Starter<Spec>> {
  const { db, project, log } = session;
  const row: ChangeRow = {
    project,
    name: starter.name,
    generation: after + 1,
    change,
    pipeline: starter.pipeline,
    version: starter.version,
    params: toColumn(starter.params),
    spec: toColumn(starter.spec),
    priority: starter.priority,
    paused: starter.paused ? 1 : 0,
    note: starter.note,
    updated_at: Date.now(),
    updated_by: starter.updatedBy,
  };
  try {
    await db.insertInto(log.table).values(row).execute();
  } catch (error) {
    if (!(error instanceof ConstraintError && error.constraint === 'unique')) throw error;
    throw conflict(log, starter.name, (await lastOf(session, starter.name))?.generation ?? null, after);
  }
  return starterOf(row);
}

function conflict({ noun }: Log, name: string, found: number | null, expected: number | null): MetadataError {
  if (expected === null) {
    return new MetadataError('conflict', `There is a ${noun} '${name}' already. Update it, or choose another name.`);
  }
  const state = found === null ? 'was deleted' : `is at generation ${found}, not ${expected}`;
  return new MetadataError(
    'conflict',
    `${noun[0]?.toUpperCase()}${noun.slice(1)} '${name}' ${state}: another change came first. Read it again and repeat.`,
  );
}

async function history<Spec>(
  { db, project, log }: LogSession,
  name: string,
  request: PageRequest | undefined,
): Promise<Page<Change<Spec>>> {
  const limit = pageLimit(request);
  const after = cursorKey(request, log.pages, isNumberKey);
  let query = db.selectFrom(log.table).where('project', '=', project).where('name', '=', name).selectAll();
  if (after) query = query.where('generation', '<', after[0]);
  const rows = await query
    .orderBy('generation', 'desc')
    .limit(limit + 1)
    .execute();
  return pageOf(
    rows,
    limit,
    log.pages,
    (row) => [row.generation],
    (row) => ({ ...starterOf<Spec>(row), change: row.change }),
  );
}

function starterOf<Spec>(row: ChangeRow): Starter<Spec> {
  return {
    name: row.name,
    generation: row.generation,
    pipeline: row.pipeline,
    version: row.version,
    params: fromColumn(row.params),
    spec: fromColumn(row.spec),
    priority: row.priority,
    paused: row.paused === 1,
    note: row.note,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  };
}
