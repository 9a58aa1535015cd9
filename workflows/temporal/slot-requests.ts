import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import type { RunRequest } from '../../ir/protocol/run-request.ts';
import { DEFAULT_PRIORITY, type SlotAnswer, type SlotDemand, type SlotWaiter } from '../../ir/protocol/slots.ts';
import type { TaskAddress, TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import { mostUnderWayMs } from '../slots.ts';
import type { ControlLane } from './control-lane.ts';
import { expectedAnswer } from './expected-answer.ts';

type Ask = ControlLane['ask'];

export async function takeSlots(
  dispatch: TaskDispatch,
  demands: readonly SlotDemand[],
  { priority }: RunRequest,
  ask: Ask,
): Promise<SlotAnswer> {
  const { task, settings } = dispatch;
  const answer = await ask({
    ...{ kind: 'takeSlots', task, demands, priority: priority ?? DEFAULT_PRIORITY },
    ...{ workflowId: workflowInfo().workflowId, holdsMs: mostUnderWayMs(settings) },
  });
  return expectedAnswer(answer, 'slots').answer;
}

/** Where the store does not answer, the end of the task gives them back. */
export async function giveBackSlots(task: TaskAddress, ask: Ask): Promise<readonly SlotWaiter[]> {
  try {
    const answer = await CancellationScope.nonCancellable(() => ask({ kind: 'giveBackSlots', task }));
    return answer.kind === 'slotsGivenBack' ? answer.next : [];
  } catch {
    return [];
  }
}
