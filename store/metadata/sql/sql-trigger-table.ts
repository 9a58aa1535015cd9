import type { TriggerSpec } from '../../../ir/trigger.ts';
import type { Trigger, TriggerTable, Watch } from '../trigger-table.ts';
import { addFiring, countFiringsBefore, deleteFiringsBefore, depthOf, firing, firings, waiting } from './firings.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { sqlChangeLog, TRIGGERS } from './sql-change-log.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlTriggerTable(session: SqlSession): TriggerTable {
  return {
    ...sqlChangeLog<TriggerSpec>(session, TRIGGERS),
    addFiring: (firing) => addFiring(session, firing),
    firing: (trigger, key) => firing(session, trigger, key),
    waiting: () => waiting(session),
    depthOf: (runId) => depthOf(session, runId),
    firings: (trigger, page) => firings(session, trigger, page),
    watch: (trigger) => watch(session, trigger),
    remember: (trigger, memory, asOf) => remember(session, trigger, memory, asOf),
    looked: (trigger, failure, at) => looked(session, trigger, failure, at),
    forget: (trigger) => forget(session, trigger),
    countFiringsBefore: (at) => countFiringsBefore(session, at),
    deleteFiringsBefore: (at) => deleteFiringsBefore(session, at),
  };
}

async function watch({ db, project }: SqlSession, { name, spec }: Trigger): Promise<Watch> {
  const row = await db
    .selectFrom('trigger_watches')
    .where('project', '=', project)
    .where('trigger', '=', name)
    .where('watched', '=', spec.watched)
    .selectAll()
    .executeTakeFirst();
  if (row === undefined) return { memory: null, asOf: 0, failure: null, lookedAt: null };
  return { memory: fromColumn(row.memory), asOf: row.as_of, failure: row.failure, lookedAt: row.looked_at };
}

async function remember({ db, project }: SqlSession, ...[trigger, memory, asOf]: Parameters<TriggerTable['remember']>) {
  const kept = { memory: toColumn(memory), as_of: asOf };
  const written = await db
    .insertInto('trigger_watches')
    .values({ project, ...keyOf(trigger), ...kept, failure: null, looked_at: null })
    .onConflict((conflict) => conflict.columns(KEY).doUpdateSet(kept).where('trigger_watches.as_of', '<', asOf))
    .returning('as_of')
    .execute();
  return written.length > 0;
}

async function looked(
  { db, project }: SqlSession,
  trigger: Trigger,
  failure: string | null,
  at: number,
): Promise<void> {
  const told = { failure, looked_at: at };
  await db
    .insertInto('trigger_watches')
    .values({ project, ...keyOf(trigger), memory: toColumn(null), as_of: 0, ...told })
    .onConflict((conflict) => conflict.columns(KEY).doUpdateSet(told))
    .execute();
}

async function forget({ db, project }: SqlSession, { name, spec }: Trigger): Promise<void> {
  await db
    .deleteFrom('trigger_watches')
    .where('project', '=', project)
    .where('trigger', '=', name)
    .where('watched', '=', spec.watched)
    .execute();
}

const KEY = ['project', 'trigger', 'watched'] as const;

function keyOf({ name, spec }: Trigger) {
  return { trigger: name, watched: spec.watched };
}
