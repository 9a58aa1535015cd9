import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  isCancellation,
  TemporalFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import { type FailureKind, TaskFailed, type TaskFailure, WORKER_LOST } from '../../ir/protocol/task-failure.ts';

/** What Temporal threw, in Millrace's words. */
export function taskFailedOf(error: unknown, path: string): TaskFailed {
  if (isCancellation(error)) return plainFailure('cancelled', 'Cancelled', `'${path}' was cancelled.`);
  const cause = rootCause(error);
  if (cause instanceof ApplicationFailure) {
    const failure = failureIn(cause);
    if (failure) return new TaskFailed(failure);
    return plainFailure('worker', cause.type ?? 'ApplicationFailure', cause.message);
  }
  if (cause instanceof TimeoutFailure && cause.timeoutType === 'HEARTBEAT') {
    return plainFailure(
      'worker',
      WORKER_LOST,
      `The worker that ran '${path}' stopped answering. See that its process and machine are well, then retry the run.`,
    );
  }
  if (cause instanceof TimeoutFailure) return plainFailure('timeout', 'Timeout', `'${path}' ran out of time.`);
  if (cause instanceof TemporalFailure) return plainFailure('worker', cause.name, `'${path}': ${cause.message}`);
  // Not Temporal's: a defect of the workflow's own code, which has to show as one.
  throw error;
}

function failureIn({ details }: ApplicationFailure): TaskFailure | null {
  const first: unknown = details?.[0];
  return typeof first === 'object' && first !== null && 'kind' in first ? (first as TaskFailure) : null;
}

function rootCause(error: unknown): unknown {
  if (error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) return rootCause(error.cause);
  return error;
}

function plainFailure(kind: FailureKind, name: string, message: string): TaskFailed {
  return new TaskFailed({ kind, name, message, stack: null, retryable: false });
}
