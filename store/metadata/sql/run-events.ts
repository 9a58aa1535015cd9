import { type CompiledQuery, type Expression, type SqlBool, sql } from 'kysely';
import type { RunEnded } from '../../../ir/event-facts.ts';
import type { RunRow } from './database.ts';
import type { SqlSession } from './sql-session.ts';
import { tellEvent, told } from './tell-event.ts';

type End = Pick<RunEnded, 'status' | 'error'> & { readonly at: number };

/** Of a run what events say, which does not change while it goes on. */
export type RunTold = Pick<
  RunRow,
  'id' | 'created_at' | 'pipeline' | 'pipeline_version' | 'partition' | 'logical_time' | 'schedule' | 'backfill'
>;

export async function runTold({ db, project }: SqlSession, id: string): Promise<RunTold | null> {
  const row = await db
    .selectFrom('runs')
    .where('project', '=', project)
    .where('id', '=', id)
    .select(['id', 'created_at', 'pipeline', 'pipeline_version', 'partition', 'logical_time', 'schedule', 'backfill'])
    .executeTakeFirst();
  return row ?? null;
}

/** An id may be had again, once its run was deleted: what is told of the next is something else. */
export function runKey({ id, created_at }: RunTold): string {
  return `${id}:${created_at}`;
}

/** Before the run's row is ended: it is told by what finds it open. */
export function tellRunEnds(session: SqlSession, run: RunTold, end: End): CompiledQuery {
  const isOpen = sql<SqlBool>`exists (select 1 from runs where runs.project = ${session.project} and runs.id = ${run.id}
    and runs.ended_at is null)`;
  return tellRunEnded(session, run, end, isOpen);
}

export function tellRunEnded(
  session: SqlSession,
  run: RunTold,
  { status, error, at }: End,
  when: Expression<SqlBool>,
): CompiledQuery {
  const facts: RunEnded = {
    kind: 'runEnded',
    ...{ run: run.id, pipeline: run.pipeline, version: run.pipeline_version, status, error },
    ...{ partition: run.partition, logicalTime: run.logical_time, schedule: run.schedule, backfill: run.backfill },
  };
  return tellEvent(session, told(`runEnded:${runKey(run)}`, facts, at), when);
}
