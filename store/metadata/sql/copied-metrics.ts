import { type CompiledQuery, sql } from 'kysely';
import type { Transition } from '../../../ir/protocol/transition.ts';
import { COPIED_POINTS } from '../left-out.ts';
import { chunksOf } from './row-chunks.ts';
import type { SqlSession } from './sql-session.ts';

/**
 * Gives tasks that were not run what those measured whose results they have, so that runs can be compared. Of series that
 * are too long the point of each that counts is copied before all others, and late ones before early ones.
 */
export function copyMetrics(
  { db, project }: SqlSession,
  runId: string,
  transitions: readonly Transition[],
): readonly CompiledQuery[] {
  const origins = new Map(
    transitions.flatMap(({ path, status, cache }) =>
      // What a task waits for has measured only a part.
      cache?.origin && status !== 'waiting' ? [[path, cache.origin] as const] : [],
    ),
  );
  const rows = [...origins].map(([path, origin]) => sql`(${sql.join([path, origin.runId, origin.path])})`);
  return chunksOf(rows).map((chunk) =>
    sql`
      insert into metrics (project, run_id, path, name, step, value)
      with origins (task, origin_run, origin_task) as (values ${sql.join(chunk)}),
      ranked as (
        select origins.task, metrics.name, metrics.step, metrics.value,
          row_number() over (
            partition by origins.task, metrics.name order by metrics.step = 0 desc, metrics.step desc
          ) as place
        from origins join metrics on metrics.project = ${project}
          and metrics.run_id = origins.origin_run and metrics.path = origins.origin_task
      ),
      counted as (
        select task, name, step, value, row_number() over (partition by task order by place, name) as number from ranked
      )
      select ${project}, ${runId}, task, name, step, value from counted where number <= ${COPIED_POINTS}
      on conflict (project, run_id, path, name, step) do nothing`.compile(db),
  );
}
