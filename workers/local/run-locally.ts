import type { RunOutcome, RunRequest } from '../../ir/protocol/run-request.ts';
import { DEFAULT_PRIORITY } from '../../ir/protocol/slots.ts';
import { APPROVAL_IN_LOCAL_RUN, TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { Transition } from '../../ir/protocol/transition.ts';
import type { Stores } from '../../store/open-stores.ts';
import { interpret } from '../../workflows/interpreter.ts';
import { rollout } from '../../workflows/rollout.ts';
import { mostUnderWayMs } from '../../workflows/slots.ts';
import { tasksUnderWay } from '../../workflows/under-way.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';
import { beginRun } from '../control/open-run.ts';
import { rolloutActivities } from '../control/rollout-activities.ts';
import { takeSlots } from '../control/take-slots.ts';
import { lookUpTasks } from '../control/task-look-up.ts';
import type { TaskHost } from '../host/task-host.ts';
import { inProcessPort, type LocalExecutor } from './in-process-port.ts';
import { insist, startLocalRecorder } from './local-recorder.ts';
import { localRolloutPort } from './local-rollout-port.ts';
import { stopAfterGrace } from './stop-after-grace.ts';

/** Runs a pipeline to its end in this process, with the same interpreter, host and store as through Temporal. */
export async function runLocally(
  request: RunRequest,
  parts: { readonly stores: Stores; readonly compiled: CompiledPipelines; readonly host: TaskHost },
  signal: AbortSignal,
): Promise<RunOutcome> {
  const recorder = startLocalRecorder(request.runId, parts.stores.metadata);
  const underWay = tasksUnderWay();
  const record = (transition: Transition) => {
    underWay.note(transition);
    recorder.record(transition);
  };
  const stop = stopAfterGrace(signal, underWay.paths);
  const port = inProcessPort(executorOf(request, parts, record), signal, stop.signal);
  const interpreted = await outcomeOf(async () => {
    const opened = await beginRun(request, parts.stores.metadata, parts.compiled);
    return interpret(opened, request, port);
  });
  const outcome = stop.judge(interpreted);
  await recorder
    .close()
    .catch((error: unknown) => console.error(`The record of run ${request.runId} has gaps: ${error}`));
  await insist(() => parts.stores.metadata.runs.end(request.runId, { ...outcome, at: Date.now() }));
  return outcome;
}

function executorOf(
  request: RunRequest,
  { stores, compiled, host }: Parameters<typeof runLocally>[1],
  record: LocalExecutor['record'],
): LocalExecutor {
  const rollouts = rolloutActivities(stores.metadata);
  return {
    record,
    lookUp: async (dispatch, { takeOverFrom: retryOf, ...asked }) => {
      const [lookup] = await lookUpTasks([{ dispatch, retryOf, ...asked }], stores, compiled, stores.secrets);
      if (!lookup) throw new Error(`The look-up of '${dispatch.task.path}' gave no answer.`);
      return lookup;
    },
    takeSlots: ({ task, settings }, demands) => {
      const priority = request.priority ?? DEFAULT_PRIORITY;
      const wanted = { task, demands, priority, workflowId: null, holdsMs: mostUnderWayMs(settings) };
      return takeSlots(wanted, stores.metadata.pools, Date.now());
    },
    giveBackSlots: (task) => stores.metadata.pools.giveBack(task, Date.now()),
    runTask: (dispatch, attempt, signal) => host.run({ dispatch, attempt, signal, onProgress: () => undefined }),
    // As on Temporal, cancelling the run leaves a rollout to its end: traffic must not stand half-way.
    promote: (asked) => rollout(asked, localRolloutPort(rollouts)),
    // Whoever started the run watches it and reads the text there; what is only tried out is told to nobody else.
    notify: async () => undefined,
    approval: async ({ task }) => nobodyDecides(task.path),
  };
}

/** Not the approval's timeout, which may say yes: nobody has had the time to say no. */
function nobodyDecides(path: string): never {
  const message =
    `Approval '${path}' waits for a person, and nobody can answer a run in a process of its own. ` +
    'Run the pipeline without --local, and decide with: millrace runs approve RUN PATH';
  throw new TaskFailed({ kind: 'environment', name: APPROVAL_IN_LOCAL_RUN, message, stack: null, retryable: false });
}

async function outcomeOf(run: () => Promise<RunOutcome>): Promise<RunOutcome> {
  try {
    return await run();
  } catch (error) {
    return { status: 'failed', output: null, error: error instanceof Error ? error.message : String(error) };
  }
}
