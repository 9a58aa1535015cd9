import type { AttemptKey } from '../../store/metadata/task-table.ts';
import type { AttemptRequest } from './task-host.ts';

/** Under what the store knows an attempt. */
export function attemptKeyOf({ dispatch, attempt }: AttemptRequest): AttemptKey {
  return { runId: dispatch.task.runId, path: dispatch.task.path, attempt };
}
