import {
  type FailureKind,
  isRetryable,
  NO_SPACE,
  TaskFailed,
  type TaskFailure,
} from '../../ir/protocol/task-failure.ts';
import { HandlerFailed, KnownFailure, reportOf, wantsRoom } from './error-report.ts';
import type { ErrorReport } from './handler-protocol.ts';
import { shortened } from './line-reader.ts';
import type { Masker } from './masker.ts';

/** What went wrong in an attempt as the store, Temporal and people are told it. */
export function taskFailure(thrown: unknown, nonRetryable: readonly string[], masker: Masker): TaskFailure {
  if (thrown instanceof TaskFailed) return masked(thrown.failure, masker);
  const own = thrown instanceof HandlerFailed || thrown instanceof KnownFailure;
  const report = thrown instanceof HandlerFailed ? thrown.report : reportOf(thrown);
  const kind: FailureKind = report.failureKind ?? (own ? 'handler' : 'worker');
  const retryable = report.retryable && isRetryable(kind, report.name, nonRetryable);
  const stack = kind === 'handler' ? userStack(report) : null;
  const name = kind === 'worker' && wantsRoom(thrown) ? NO_SPACE : report.name;
  return masked({ kind, name, message: report.message, stack, retryable }, masker);
}

/** Characters that are kept: a failure travels in Temporal's history several times, and people read it. */
const MOST = { name: 200, message: 16 << 10, stack: 32 << 10 } as const;

/** Masked first: a secret that was cut in two would not be found any more. */
function masked(failure: TaskFailure, masker: Masker): TaskFailure {
  const told = (text: string, most: number) => shortened(masker.mask(text), 0, most);
  const { name, message, stack } = failure;
  return {
    ...failure,
    name: told(name, MOST.name),
    message: told(message, MOST.message),
    stack: stack === null ? null : told(stack, MOST.stack),
  };
}

/** Without the frames of Node and of the host, which say nothing to who wrote the step. */
function userStack(report: ErrorReport): string | null {
  if (report.stack === null) return null;
  const lines = report.stack.split('\n');
  const own = /\(?node:|[/\\]workers[/\\]host[/\\]/;
  return lines.filter((line) => !(/^\s+at /.test(line) && own.test(line))).join('\n');
}
