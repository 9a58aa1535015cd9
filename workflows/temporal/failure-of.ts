import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  isCancellation,
  TemporalFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import { type FailureKind, TaskFailed, type TaskFailure, WORKER_LOST } from '../../ir/protocol/task-failure.ts';
import { wasLost } from './intact.ts';

/**
 * What an operation of the run's threw, in Millrace's words. `what` names the operation as `intact` wants it: what came of
 * it may have been lost, a failure as well as a result.
 */
export function failureMet(error: unknown, path: string, what: string): TaskFailed {
  if (error instanceof TaskFailed) return error;
  const detail = detailOf(error);
  return taskFailedOf(error, path, wasLost(detail, what) ? null : detail);
}

/**
 * What Temporal threw, in Millrace's words.
 *
 * @param detail what our own workers say of it; null when that was lost.
 */
export function taskFailedOf(error: unknown, path: string, detail: unknown = detailOf(error)): TaskFailed {
  if (isCancellation(error)) return plainFailure('cancelled', 'Cancelled', `'${path}' was cancelled.`);
  const cause = rootCause(error);
  if (cause instanceof ApplicationFailure) {
    if (isFailure(detail)) return new TaskFailed(detail);
    if (cause.type === WORKER_LOST) return workerLost(path);
    return plainFailure('worker', cause.type ?? 'ApplicationFailure', cause.message);
  }
  if (cause instanceof TimeoutFailure && cause.timeoutType === 'HEARTBEAT') return workerLost(path);
  if (cause instanceof TimeoutFailure) return plainFailure('timeout', 'Timeout', `'${path}' ran out of time.`);
  if (cause instanceof TemporalFailure) return plainFailure('worker', cause.name, `'${path}': ${cause.message}`);
  // Not Temporal's: a defect of the workflow's own code, which has to show as one.
  throw error;
}

/** The failure as our own worker gave it, or what stands in its place when it was lost; null in any other error. */
function detailOf(error: unknown): unknown {
  const cause = rootCause(error);
  return cause instanceof ApplicationFailure ? (cause.details?.[0] ?? null) : null;
}

function workerLost(path: string): TaskFailed {
  return plainFailure(
    'worker',
    WORKER_LOST,
    `The worker that ran '${path}' stopped answering. See that its process and machine are well, then retry the run.`,
  );
}

function isFailure(detail: unknown): detail is TaskFailure {
  return typeof detail === 'object' && detail !== null && 'kind' in detail;
}

function rootCause(error: unknown): unknown {
  if (error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) return rootCause(error.cause);
  return error;
}

function plainFailure(kind: FailureKind, name: string, message: string): TaskFailed {
  return new TaskFailed({ kind, name, message, stack: null, retryable: false });
}
