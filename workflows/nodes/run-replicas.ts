import type { JsonValue } from '../../ir/json.ts';
import { LONGEST_PAUSE_MS } from '../../ir/protocol/slots.ts';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import { isWorkerLoss, NO_ROOM, TaskFailed, type TaskFailure } from '../../ir/protocol/task-failure.ts';
import type { ExecutionPort } from '../execution-port.ts';

/** Tries a task once: one handler, or all of its replicas, which end together. What rank 0 gives is the output. */
export async function runReplicas(dispatch: TaskDispatch, attempt: number, port: ExecutionPort): Promise<JsonValue> {
  const { replicas } = dispatch.settings.resources;
  if (replicas === undefined) return port.runTask(dispatch, attempt);
  const scope = port.scope({ shielded: false });
  const failed: FailedReplica[] = [];
  const runRank = async (rank: number): Promise<JsonValue> => {
    const cacheKey = rank === 0 ? dispatch.cacheKey : null;
    try {
      return await runOnSomeWorker({ ...dispatch, cacheKey }, rank, attempt, scope.port);
    } catch (error) {
      // A defect of ours, and no task's failure.
      if (!(error instanceof TaskFailed)) throw error;
      failed.push({ rank, failure: error.failure });
      scope.cancel();
      return null;
    }
  };
  const ranks = Array.from({ length: replicas }, (_, rank) => rank);
  const [output = null] = await scope.run(() => Promise.all(ranks.map(runRank)));
  const cause = causeOf(failed);
  if (cause === undefined) return output;
  throw new TaskFailed({ ...cause.failure, message: told(cause, replicas) });
}

const SHORTEST_WAIT_MS = 1_000;

/**
 * A worker takes more tasks than it has room for, and one that waits there behind its siblings would wait for ever while another
 * worker is idle. So it goes from one to the next, and stands in line longer each time: each adds to the run's history.
 */
async function runOnSomeWorker(
  dispatch: TaskDispatch,
  rank: number,
  attempt: number,
  port: ExecutionPort,
): Promise<JsonValue> {
  for (let roomWithinMs = SHORTEST_WAIT_MS; ; roomWithinMs = Math.min(2 * roomWithinMs, LONGEST_PAUSE_MS)) {
    try {
      return await port.runTask({ ...dispatch, replica: { rank, roomWithinMs } }, attempt);
    } catch (error) {
      if (!(error instanceof TaskFailed && error.failure.name === NO_ROOM)) throw error;
    }
  }
}

interface FailedReplica {
  readonly rank: number;
  readonly failure: TaskFailure;
}

/**
 * Of what failed, the first that was not stopped for the sake of another. A lost worker goes before: its peers hear of it by
 * their broken connections, seconds before its heartbeat is missed.
 */
function causeOf(failed: readonly FailedReplica[]): FailedReplica | undefined {
  return (
    failed.find(({ failure }) => isWorkerLoss(failure)) ??
    failed.find(({ failure }) => failure.kind !== 'cancelled') ??
    failed[0]
  );
}

function told({ rank, failure }: FailedReplica, size: number): string {
  if (size === 1 || failure.kind === 'cancelled') return failure.message;
  return `Rank ${rank} of ${size}: ${failure.message}`;
}
