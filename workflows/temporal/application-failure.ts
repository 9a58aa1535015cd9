import { ApplicationFailure } from '@temporalio/common';
import type { TaskFailure } from '../../ir/protocol/task-failure.ts';

/** A failure on its way through Temporal: whole among the details, and final where it is final. */
export function applicationFailureOf(failure: TaskFailure): ApplicationFailure {
  const { name: type, message, retryable } = failure;
  return ApplicationFailure.create({ type, message, nonRetryable: !retryable, details: [failure] });
}
