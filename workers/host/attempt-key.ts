import type { AttemptKey } from '../../store/metadata/task-table.ts';
import type { AttemptRequest } from './task-host.ts';

/** Under what the store knows an attempt. */
export function attemptKeyOf({ dispatch, attempt, delivery }: AttemptRequest): AttemptKey {
  const key = { runId: dispatch.task.runId, path: dispatch.task.path, attempt };
  return delivery === undefined ? key : { ...key, delivery };
}
