import { NOT_BEGUN, TaskFailed, WORKER_SHUT_DOWN } from '../../ir/protocol/task-failure.ts';

/** Why an attempt ends when its worker does: the reason of the signal that it is given. */
export function shutDown(worker: string): TaskFailed {
  const message = `Worker ${worker} was shut down while the task ran; another attempt goes to another worker.`;
  return new TaskFailed({ kind: 'worker', name: WORKER_SHUT_DOWN, message, stack: null, retryable: true });
}

/** The same of an attempt that had not begun, which may go elsewhere whatever its effects are. */
export function notBegun(worker: string): TaskFailed {
  const message = `Worker ${worker} was shut down before the task began; it goes to another worker.`;
  return new TaskFailed({ kind: 'worker', name: NOT_BEGUN, message, stack: null, retryable: true });
}
