import type { Page, PageRequest } from '../metadata-store.ts';
import type { Firing } from '../trigger-table.ts';
import type { FiringRow } from './event-rows.ts';
import { cursorKey, isNumberKey, pageLimit, pageOf } from './paging.ts';
import type { SqlSession } from './sql-session.ts';

export async function addFiring({ db, project }: SqlSession, firing: Firing): Promise<boolean> {
  const { trigger, key, sequence, kind, eventAt, outcome, runId, depth, reason, at } = firing;
  const done = { outcome, run_id: runId, depth, reason, at };
  const added = await db
    .insertInto('firings')
    .values({ project, trigger, key, sequence, kind, event_at: eventAt, ...done })
    .onConflict((conflict) =>
      conflict.columns(['project', 'trigger', 'key']).doUpdateSet(done).where('firings.outcome', '=', 'waiting'),
    )
    .returning('key')
    .execute();
  return added.length > 0;
}

export async function firing({ db, project }: SqlSession, trigger: string, key: string): Promise<Firing | null> {
  const row = await db
    .selectFrom('firings')
    .where('project', '=', project)
    .where('trigger', '=', trigger)
    .where('key', '=', key)
    .selectAll()
    .executeTakeFirst();
  return row === undefined ? null : firingOf(row);
}

export async function waiting({ db, project }: SqlSession): Promise<readonly Firing[]> {
  const rows = await db
    .selectFrom('firings')
    .where('project', '=', project)
    .where('outcome', '=', 'waiting')
    .orderBy('at')
    .orderBy('sequence')
    .selectAll()
    .execute();
  return rows.map(firingOf);
}

/** 0 for a run that no trigger started. */
export async function depthOf({ db, project }: SqlSession, runId: string): Promise<number> {
  const row = await db
    .selectFrom('firings')
    .where('project', '=', project)
    .where('run_id', '=', runId)
    .select('depth')
    .executeTakeFirst();
  return row?.depth ?? 0;
}

export async function firings(
  { db, project }: SqlSession,
  trigger: string,
  request: PageRequest | undefined,
): Promise<Page<Firing>> {
  const limit = pageLimit(request);
  const after = cursorKey(request, 'firings', isNumberKey);
  let query = db.selectFrom('firings').where('project', '=', project).where('trigger', '=', trigger).selectAll();
  if (after) query = query.where('sequence', '<', after[0]);
  const rows = await query
    .orderBy('sequence', 'desc')
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, 'firings', (row) => [row.sequence], firingOf);
}

export async function countFiringsBefore({ db, project }: SqlSession, at: number): Promise<number> {
  const { count } = await db
    .selectFrom('firings')
    .where('project', '=', project)
    .where('at', '<', at)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

export async function deleteFiringsBefore({ db, project }: SqlSession, at: number): Promise<void> {
  await db.deleteFrom('firings').where('project', '=', project).where('at', '<', at).execute();
}

function firingOf(row: FiringRow): Firing {
  return {
    trigger: row.trigger,
    key: row.key,
    sequence: row.sequence,
    kind: row.kind,
    eventAt: row.event_at,
    outcome: row.outcome,
    runId: row.run_id,
    depth: row.depth,
    reason: row.reason,
    at: row.at,
  };
}
