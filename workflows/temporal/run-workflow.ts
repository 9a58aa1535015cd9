import { CancellationScope, proxyLocalActivities } from '@temporalio/workflow';
import type { RunOutcome, RunRequest } from '../../ir/protocol/run-request.ts';
import type { ScheduledStart } from '../../ir/protocol/scheduled-start.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { ExecutionPort } from '../execution-port.ts';
import { interpret } from '../interpreter.ts';
import { applicationFailureOf } from './application-failure.ts';
import type { ControlActivities } from './control-activities.ts';
import { failureMet } from './failure-of.ts';
import { intact } from './intact.ts';
import { isLarger } from './json-size.ts';
import { LARGEST_OUTPUT, mebibytes, sizeForPeople } from './payload-limits.ts';
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
  refuseUnreadable(request);
  const { project, runId } = request;
  const recorder = startRecorder(project, runId);
  const port = temporalPort(request, recorder);
  const outcome = withinBounds(await runFrom(request, port));
  await CancellationScope.nonCancellable(async () => {
    const transitions = await recorder.close();
    await closeRun({ project, runId, outcome, transitions });
  });
  return { status: outcome.status, error: outcome.error };
}

/** Without its request a run cannot even say which it is: the workflow itself fails, and the API finds it. */
export function refuseUnreadable(request: RunRequest | ScheduledStart): void {
  try {
    intact(request, 'request');
  } catch (error) {
    throw error instanceof TaskFailed ? applicationFailureOf(error.failure) : error;
  }
}

/** An output that cannot be kept is a failure: whoever reads it would take the run's for what it is not. */
function withinBounds(outcome: RunOutcome): RunOutcome {
  if (!isLarger(outcome.output, LARGEST_OUTPUT)) return outcome;
  const error =
    `The pipeline returns ${sizeForPeople(outcome.output)} of JSON, and ${mebibytes(LARGEST_OUTPUT)} at most can be kept. ` +
    'Let it return less, or what a step has written as an artifact; a retry of the run keeps what its tasks did.';
  return { status: 'failed', output: null, error };
}

/** A run that cannot even be opened (its pipeline is gone, a version it reads does not exist) ends as failed. */
async function runFrom(request: RunRequest, port: ExecutionPort): Promise<RunOutcome> {
  try {
    const opened = intact(await openRun(request), 'pipeline');
    return await interpret(opened, request, port);
  } catch (error) {
    const { failure } = failureMet(error, request.pipeline, 'pipeline');
    const status = failure.kind === 'cancelled' ? 'cancelled' : 'failed';
    return { status, output: null, error: failure.message };
  }
}
