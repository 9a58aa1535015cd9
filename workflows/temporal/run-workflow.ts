import { CancellationScope, proxyLocalActivities } from '@temporalio/workflow';
import type { RunOutcome, RunRequest } from '../../ir/protocol/run-request.ts';
import type { ExecutionPort } from '../execution-port.ts';
import { interpret } from '../interpreter.ts';
import type { ControlActivities } from './control-activities.ts';
import { taskFailedOf } from './failure-of.ts';
import { startRecorder } from './recorder.ts';
import { temporalPort } from './temporal-port.ts';

const { openRun } = proxyLocalActivities<ControlActivities>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '200ms', maximumInterval: '10s', maximumAttempts: 20 },
});
/** Tried until it succeeds: a run whose end is not written would look as if it still ran. */
const { closeRun } = proxyLocalActivities<ControlActivities>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
});

/**
 * One run of a pipeline. It ends as completed however the run ended: what it gives says how. The output is in the store:
 * it may be larger than what Temporal takes.
 */
export async function millraceRun(request: RunRequest): Promise<Pick<RunOutcome, 'status' | 'error'>> {
  const { project, runId } = request;
  const recorder = startRecorder(project, runId);
  const port = temporalPort(request, recorder);
  const outcome = await runFrom(request, port);
  const closing = { project, runId, outcome, transitions: recorder.close() };
  await CancellationScope.nonCancellable(() => closeRun(closing));
  return { status: outcome.status, error: outcome.error };
}

/** A run that cannot even be opened (its pipeline is gone, a version it reads does not exist) ends as failed. */
async function runFrom(request: RunRequest, port: ExecutionPort): Promise<RunOutcome> {
  try {
    const opened = await openRun(request);
    return await interpret(opened, request, port);
  } catch (error) {
    const { failure } = taskFailedOf(error, request.pipeline);
    const status = failure.kind === 'cancelled' ? 'cancelled' : 'failed';
    return { status, output: null, error: failure.message };
  }
}
