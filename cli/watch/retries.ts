import { nodeAt } from '../../ir/node-at.ts';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import { isWorkerLoss, isWorkersOwn } from '../../ir/protocol/task-failure.ts';
import { type RetryPolicy, settingsOf } from '../../ir/step-contract.ts';
import type { Attempt } from '../../server/client.ts';

/** How the task at a path is tried again; null where that is not known. */
export type RetryPolicies = (path: string) => RetryPolicy | null;

export const noPolicies: RetryPolicies = () => null;

export function retryPolicies(ir: PipelineIR): RetryPolicies {
  return (path) => {
    const node = nodeAt(ir, path);
    const contract = node?.kind === 'task' ? ir.steps[node.step] : undefined;
    return node?.kind === 'task' && contract !== undefined ? settingsOf(contract, node.overrides).retry : null;
  };
}

/**
 * `attempt 2 of 3`. A worker that was lost takes none of a task's attempts, so that one more may come. Of a task that was
 * tried very often not all attempts are here: those that are not are taken to have failed by themselves, as most do.
 */
export function attemptText(attempt: number, attempts: readonly Attempt[], policy: RetryPolicy | null): string {
  const most = policy === null ? 0 : policy.attempts + attempts.filter(isUncounted).length;
  return most > 1 && attempt <= most ? `attempt ${attempt} of ${most}` : attempt > 1 ? `attempt ${attempt}` : '';
}

/**
 * Why an attempt failed that is not the last, and how long it is until the next: `attempt 1 of 3 failed: no rows, again
 * in 30 s`. Null for one that has not failed, or ended its task.
 *
 * @param attempts of the same task
 */
export function retriedText(
  attempt: Attempt,
  attempts: readonly Attempt[],
  policy: RetryPolicy | null,
  now?: number,
): string | null {
  const { failure, status, endedAt } = attempt;
  if (status !== 'failed' || failure === null) return null;
  const wasReplaced = attempts.some((other) => other.attempt > attempt.attempt);
  const pauseMs = pauseAfter(attempt, attempts, policy);
  if (pauseMs === null && !wasReplaced) return null;
  const leftMs = pauseMs !== null && now !== undefined && endedAt !== null ? endedAt + pauseMs - now : pauseMs;
  const again = leftMs === null ? '' : leftMs <= 0 ? ', again now' : `, again in ${pauseText(leftMs)}`;
  const which = attemptText(attempt.attempt, attempts, policy) || `attempt ${attempt.attempt}`;
  if (isUncounted(attempt)) {
    const what = isLost(attempt) ? 'worker lost' : failure.message.split('\n')[0]?.replace(/\.$/, '');
    return `attempt ${attempt.attempt}: ${what}, running again (not counted in retry)`;
  }
  return `${which} failed: ${failure.message.split('\n')[0]?.replace(/\.$/, '')}${again}`;
}

/** As workflows/nodes/try-task.ts waits. Null where no attempt follows, or nobody knows. */
function pauseAfter(attempt: Attempt, attempts: readonly Attempt[], policy: RetryPolicy | null): number | null {
  if (policy === null || attempt.failure === null) return null;
  if (isLost(attempt)) return 1_000;
  if (isUncounted(attempt)) return null;
  const uncounted = attempts.filter((each) => each.attempt < attempt.attempt && isUncounted(each)).length;
  const failures = attempt.attempt - uncounted;
  if (!attempt.failure.retryable || failures >= policy.attempts) return null;
  return Math.min(policy.backoffMs * policy.factor ** (failures - 1), policy.maxBackoffMs);
}

/** The store's word on an attempt that another followed without a word of its end (store/metadata/sql/attempts.ts). */
const ATTEMPT_LOST = 'AttemptLost';

function isLost({ failure }: Attempt): boolean {
  return failure !== null && (isWorkerLoss(failure) || failure.name === ATTEMPT_LOST);
}

/** Also a worker that failed itself, unless that went on for minutes. */
function isUncounted(attempt: Attempt): boolean {
  return isLost(attempt) || (attempt.failure !== null && isWorkersOwn(attempt.failure));
}

/** Whole seconds: a count-down has no use for tenths. */
function pauseText(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
