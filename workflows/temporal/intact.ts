import { workflowInfo } from '@temporalio/workflow';
import { refuseLost, whyLost } from '../../ir/protocol/lost-payload.ts';

/**
 * What came back, unless it was lost on its way.
 *
 * @throws TaskFailed the first time. In a replay it was there before, and the history has what the run made of it: an
 * error fails the workflow task then, which Temporal tries again until the payload is restored.
 */
export function intact<T>(value: T): T {
  const why = whyLost(value);
  if (why !== null && workflowInfo().unsafe.isReplaying) throw new Error(why);
  return refuseLost(value);
}
