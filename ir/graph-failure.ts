import { TaskFailed } from './protocol/task-failure.ts';

/** A failure that the graph itself shows: a value of the wrong shape, a loop that never ends. Never tried again. */
export function graphFailure(message: string): TaskFailed {
  return new TaskFailed({ kind: 'contract', name: 'GraphError', message, stack: null, retryable: false });
}
