import { ApplicationFailure, CancellationScope, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { RunOutcome } from '../../ir/protocol/run-request.ts';
import { type ScheduledStart, type StartedRun, startedRunOf } from '../../ir/protocol/scheduled-start.ts';
import type { ControlActivities } from './control-activities.ts';
import { refuseUnreadable } from './intact.ts';
import { millraceRun } from './run-workflow.ts';

/** Tried until the store answers: a run that is not written down would be lost. */
const { openScheduledRun } = proxyLocalActivities<ControlActivities>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
});

/**
 * A run that a schedule starts. Nobody has submitted it: its row, its version and its parameters are settled here, once;
 * from then on it is a run as any other.
 */
export async function millraceScheduledRun(start: ScheduledStart): Promise<Pick<RunOutcome, 'status' | 'error'>> {
  refuseUnreadable(start);
  const run = runOf(start);
  // Cancelled before it has begun, it has a row all the same, which says so.
  const opening = await CancellationScope.nonCancellable(() => openScheduledRun(start, run));
  if (opening.kind === 'opened') return millraceRun(opening.request);
  return { status: opening.status, error: opening.error };
}

function runOf({ schedule }: ScheduledStart): StartedRun {
  try {
    return startedRunOf(schedule, workflowInfo().workflowId);
  } catch (error) {
    throw ApplicationFailure.nonRetryable(error instanceof Error ? error.message : String(error));
  }
}
