import type { Task } from '../task-table.ts';
import type { TaskRow } from './database.ts';
import { fromColumn } from './json-column.ts';

/** What a task is read from. */
export type ShownRow = Omit<TaskRow, 'project' | 'address' | 'rank' | 'turn'>;

/** What was recorded before origins were kept has none. */
function cacheOf(row: ShownRow): Task['cache'] {
  const cache: Task['cache'] = fromColumn(row.cache);
  return cache && { ...cache, origin: cache.origin ?? null };
}

export function taskOf(row: ShownRow): Task {
  return {
    runId: row.run_id,
    path: row.path,
    sequence: row.sequence,
    kind: row.kind,
    step: row.step,
    status: row.status,
    at: row.at,
    input: fromColumn(row.input),
    output: fromColumn(row.output),
    failure: fromColumn(row.failure),
    cache: cacheOf(row),
    detail: fromColumn(row.detail),
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}
