import { CancellationScope, proxyLocalActivities } from '@temporalio/workflow';
import type { OpenedRun, RunOutcome, RunRequest } from '../../ir/protocol/run-request.ts';
import type { Transition } from '../../ir/protocol/transition.ts';
import type { ExecutionPort } from '../execution-port.ts';
import { endOf } from '../hard-stop.ts';
import { interpret } from '../interpreter.ts';
import { pauseBeforeAsking } from '../pause-before-asking.ts';
import { tasksUnderWay } from '../under-way.ts';
import type { ControlActivities } from './control-activities.ts';
import { startControlLane } from './control-lane.ts';
import { failureMet } from './failure-of.ts';
import { intact, refuseUnreadable } from './intact.ts';
import { isLarger } from './json-size.ts';
import { startPausing, tellStore } from './pausing.ts';
import { type HistoryLimits, LARGEST_OUTPUT, LARGEST_RUN, mebibytes, sizeForPeople } from './payload-limits.ts';
import { startRecorder } from './recorder.ts';
import { startStopping } from './stopping.ts';
import { temporalPort } from './temporal-port.ts';

/**
 * Tried until they succeed, or fail for good: a store that is away costs no run that waited for its turn, and a run whose end
 * is not written would look as if it still ran.
 */
const { openRun, closeRun } = proxyLocalActivities<ControlActivities>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
});

/**
 * The run's own history is never continued in a new one. A task that ends by itself costs some eighteen events: of its look-up,
 * its activity, and the record of its end.
 */
const LIMITS: HistoryLimits = { tasks: 600, outputs: LARGEST_RUN };

/**
 * One run of a pipeline. It ends as completed however the run ended: what it gives says how. The output is in the store:
 * it may be larger than what Temporal takes.
 */
export async function millraceRun(request: RunRequest): Promise<Pick<RunOutcome, 'status' | 'error'>> {
  refuseUnreadable(request);
  const { project, runId } = request;
  const recorder = startRecorder(project, runId);
  const underWay = tasksUnderWay();
  const pausing = startPausing(tellStore(project, runId));
  const stopping = startStopping(underWay.paths);
  const record = (transition: Transition) => {
    underWay.note(transition);
    recorder.record(transition);
  };
  const lane = startControlLane();
  const port = temporalPort(request, { record }, LIMITS, { pausing, stopping }, lane);
  const { ended, stop } = await stopping.run(() => runFrom(request, port));
  const outcome = withinBounds(endOf(ended, stop));
  pausing.close();
  await CancellationScope.nonCancellable(async () => {
    const transitions = await recorder.close();
    await lane.close();
    await port.wake(intact(await closeRun({ project, runId, outcome, transitions }), 'end'));
  });
  return { status: outcome.status, error: outcome.error };
}

/** An output that cannot be kept is a failure: whoever reads it would take the run's for what it is not. */
function withinBounds(outcome: RunOutcome): RunOutcome {
  if (!isLarger(outcome.output, LARGEST_OUTPUT)) return outcome;
  const error =
    `The pipeline returns ${sizeForPeople(outcome.output)} of JSON, and ${mebibytes(LARGEST_OUTPUT)} at most can be kept. ` +
    'Let it return less, or what a step has written as an artifact; a retry of the run keeps what its tasks did.';
  return { status: 'failed', output: null, error };
}

/** Waits for as long as there are as many runs of the pipeline as there may be; one that is paused leaves their line. */
async function openInTurn(request: RunRequest, port: ExecutionPort): Promise<OpenedRun> {
  const { project, runId, pipeline } = request;
  const since = port.now();
  for (;;) {
    if (port.isPaused()) await port.wake(await port.giveBackSlots({ project, runId, pipeline, path: '' }));
    await port.mayStart();
    // Never cancelled, as nothing in the control lane is: it ends by itself, and in a replay in the same place.
    const opening = intact(await CancellationScope.nonCancellable(() => openRun(request)), 'pipeline');
    if (opening.kind === 'opened') return opening;
    await port.turn('', pauseBeforeAsking(port.now() - since));
  }
}

/** A run that cannot even be opened (its pipeline is gone, a version it reads does not exist) ends as failed. */
async function runFrom(request: RunRequest, port: ExecutionPort): Promise<RunOutcome> {
  try {
    return await interpret(await openInTurn(request, port), request, port);
  } catch (error) {
    const { failure } = failureMet(error, request.pipeline, 'pipeline');
    const status = failure.kind === 'cancelled' ? 'cancelled' : 'failed';
    return { status, output: null, error: failure.message };
  }
}
