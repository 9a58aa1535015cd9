import type { TriggerSpec } from '../../../ir/trigger.ts';
import type { TriggerTable, Watch } from '../trigger-table.ts';
import { addFiring, countFiringsBefore, deleteFiringsBefore, firings, hasFired } from './firings.ts';
import { fromColumn, toColumn } from './json-column.ts';
import { sqlChangeLog, TRIGGERS } from './sql-change-log.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlTriggerTable(session: SqlSession): TriggerTable {
  return {
    ...sqlChangeLog<TriggerSpec>(session, TRIGGERS),
    addFiring: (firing) => addFiring(session, firing),
    hasFired: (trigger, key) => hasFired(session, trigger, key),
    firings: (trigger, page) => firings(session, trigger, page),
    watch: (trigger) => watch(session, trigger),
    remember: (trigger, memory, asOf) => remember(session, trigger, memory, asOf),
    looked: (trigger, failure, at) => looked(session, trigger, failure, at),
    forget: (trigger) => forget(session, trigger),
    countFiringsBefore: (at) => countFiringsBefore(session, at),
    deleteFiringsBefore: (at) => deleteFiringsBefore(session, at),
  };
}

async function watch({ db, project }: SqlSession, trigger: string): Promise<Watch> {
  const row = await db
    .selectFrom('trigger_watches')
    .where('project', '=', project)
    .where('trigger', '=', trigger)
    .selectAll()
    .executeTakeFirst();
  if (row === undefined) return { memory: null, asOf: 0, failure: null, lookedAt: null };
  return { memory: fromColumn(row.memory), asOf: row.as_of, failure: row.failure, lookedAt: row.looked_at };
}

async function remember({ db, project }: SqlSession, ...[trigger, memory, asOf]: Parameters<TriggerTable['remember']>) {
  const kept = { memory: toColumn(memory), as_of: asOf };
  const written = await db
    .insertInto('trigger_watches')
    .values({ project, trigger, ...kept, failure: null, looked_at: null })
    .onConflict((conflict) =>
      conflict.columns(['project', 'trigger']).doUpdateSet(kept).where('trigger_watches.as_of', '<', asOf),
    )
    .returning('as_of')
    .execute();
  return written.length > 0;
}

async function looked({ db, project }: SqlSession, trigger: string, failure: string | null, at: number): Promise<void> {
  const told = { failure, looked_at: at };
  await db
    .insertInto('trigger_watches')
    .values({ project, trigger, memory: toColumn(null), as_of: 0, ...told })
    .onConflict((conflict) => conflict.columns(['project', 'trigger']).doUpdateSet(told))
    .execute();
}

async function forget({ db, project }: SqlSession, trigger: string): Promise<void> {
  await db.deleteFrom('trigger_watches').where('project', '=', project).where('trigger', '=', trigger).execute();
}
