import { replicaPath } from '../../ir/protocol/gang.ts';
import type { AttemptKey } from '../../store/metadata/task-table.ts';
import type { AttemptRequest } from './task-host.ts';

/** Under what the store knows an attempt. */
export function attemptKeyOf({ dispatch, attempt, delivery }: AttemptRequest): AttemptKey {
  const { task, replica } = dispatch;
  const key = { runId: task.runId, path: replicaPath(task.path, replica?.rank), attempt };
  return delivery === undefined ? key : { ...key, delivery };
}
