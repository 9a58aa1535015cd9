import { type FailureKind, isRetryable, TaskFailed, type TaskFailure } from '../../ir/protocol/task-failure.ts';
import { HandlerFailed, KnownFailure, reportOf } from './error-report.ts';
import type { ErrorReport } from './handler-protocol.ts';
import type { Masker } from './masker.ts';

/** What went wrong in an attempt as the store, Temporal and people are told it. */
export function taskFailure(thrown: unknown, nonRetryable: readonly string[], masker: Masker): TaskFailure {
  if (thrown instanceof TaskFailed) return masked(thrown.failure, masker);
  const own = thrown instanceof HandlerFailed || thrown instanceof KnownFailure;
  const report = thrown instanceof HandlerFailed ? thrown.report : reportOf(thrown);
  const kind: FailureKind = report.failureKind ?? (own ? 'handler' : 'worker');
  const retryable = report.retryable && isRetryable(kind, report.name, nonRetryable);
  const stack = kind === 'handler' ? userStack(report) : null;
  return masked({ kind, name: report.name, message: report.message, stack, retryable }, masker);
}

function masked(failure: TaskFailure, masker: Masker): TaskFailure {
  const stack = failure.stack === null ? null : masker.mask(failure.stack);
  return { ...failure, name: masker.mask(failure.name), message: masker.mask(failure.message), stack };
}

/** Without the frames of Node and of the host, which say nothing to who wrote the step. */
function userStack(report: ErrorReport): string | null {
  if (report.stack === null) return null;
  const lines = report.stack.split('\n');
  const own = /\(?node:|[/\\]workers[/\\]host[/\\]/;
  return lines.filter((line) => !(/^\s+at /.test(line) && own.test(line))).join('\n');
}
