import { patched, workflowInfo } from '@temporalio/workflow';
import { payloadLost, whyLost } from '../../ir/protocol/lost-payload.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import { applicationFailureOf } from './application-failure.ts';

/**
 * What came back, unless it was lost on its way when the run met it. `what` names it, by itself in the run and the same
 * in every release, for it is in the history.
 *
 * @throws TaskFailed for what was lost then, in every replay too, whether or not it is there again.
 */
export function intact<T>(value: T, what: string): T {
  if (!wasLost(value, what)) return value;
  throw payloadLost(whyLost(value) ?? `The payload of ${what} was lost when the run met it, and is there again.`);
}

/**
 * Whether the value was lost when the run met it. The history tells, by a marker: in a replay the payload may be there
 * again, or be lost only since.
 *
 * @throws Error for what was lost only since: see `present`.
 */
export function wasLost(value: unknown, what: string): boolean {
  const { isReplaying } = workflowInfo().unsafe;
  if (!isReplaying && whyLost(value) === null) return false;
  // Writes the marker where the run meets the value, and looks for it in a replay.
  if (patched(`payload-lost:${what}`)) return true;
  present(value);
  return false;
}

/** Without its order a workflow cannot even say what it is part of: it fails itself, and the API finds it. */
export function refuseUnreadable(order: unknown): void {
  try {
    intact(order, 'request');
  } catch (error) {
    throw error instanceof TaskFailed ? applicationFailureOf(error.failure) : error;
  }
}

/**
 * What cannot be done without.
 *
 * @throws Error for a lost payload. It fails the workflow task, which Temporal tries again until the payload is restored.
 */
export function present<T>(value: T): T {
  const why = whyLost(value);
  if (why !== null) throw new Error(why);
  return value;
}
