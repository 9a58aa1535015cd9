import type { JsonValue } from '../../ir/json.ts';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import {
  isWorkerLoss,
  isWorkersOwn,
  NOT_BEGUN,
  NOT_GATHERED,
  RUN_PAUSED,
  STORE_AWAY,
  TaskFailed,
  type TaskFailure,
} from '../../ir/protocol/task-failure.ts';
import type { ExecutionPort } from '../execution-port.ts';
import { pauseBeforeAsking } from '../pause-before-asking.ts';
import { runReplicas } from './run-replicas.ts';

/** Lost workers are not the task's fault and take none of its attempts, within reason. */
const MOST_LOSSES = 20;
/** From the second loss of a task on, and where a worker still sees a pause that has been lifted. */
const PAUSE_AFTER_LOSS_MS = 1_000;
/** Failures of the worker's own take no attempt for so long from the first: running for hours again would not make room. */
const OWN_FAILURES_FOR_MS = 300_000;

/**
 * Tries a task as its policy says: a growing pause between attempts, none after a failure that is final. When its worker
 * was lost, or failed itself, it is tried again at no cost, unless it had begun and its effects are external: nobody can say
 * whether they came about. Replicas that did not all get a place give way to others, at no cost as well.
 */
export async function tryTask(dispatch: TaskDispatch, port: ExecutionPort): Promise<JsonValue> {
  const pauseAfter = patience(dispatch, port.now);
  for (let attempt = 1; ; attempt++) {
    if (attempt > 1) await port.mayStart();
    try {
      return await runReplicas(dispatch, attempt, port);
    } catch (error) {
      if (!(error instanceof TaskFailed)) throw error;
      const pauseMs = pauseAfter(error.failure);
      if (pauseMs === null) throw error;
      if (pauseMs > 0) await port.sleep(pauseMs);
    }
  }
}

/** How long to wait after each failure, in milliseconds; null where the task has failed for good. */
function patience(dispatch: TaskDispatch, now: () => number): (failure: TaskFailure) => number | null {
  const { attempts, backoffMs, factor, maxBackoffMs } = dispatch.settings.retry;
  let failures = 0;
  let losses = 0;
  /** Since when its replicas have given way to others. */
  let waitsSince: number | null = null;
  /** Since when its workers have failed themselves. */
  let failsSince: number | null = null;
  return (failure) => {
    const { name, retryable } = failure;
    if (name === NOT_GATHERED) {
      waitsSince ??= now();
      // Each try costs the run's history some events a replica.
      return pauseBeforeAsking(now() - waitsSince);
    }
    waitsSince = null;
    const isOwn = isWorkersOwn(failure) && (dispatch.contract.effects !== 'external' || name === STORE_AWAY);
    if (isOwn) {
      failsSince ??= now();
      const failsForMs = now() - failsSince;
      if (failsForMs <= OWN_FAILURES_FOR_MS) return pauseBeforeAsking(failsForMs);
    }
    if (name === RUN_PAUSED) return PAUSE_AFTER_LOSS_MS;
    if (isForgiven(failure, dispatch) && ++losses <= MOST_LOSSES) return losses === 1 ? 0 : PAUSE_AFTER_LOSS_MS;
    if (!retryable || ++failures >= attempts) return null;
    if (!isOwn) failsSince = null;
    return Math.min(backoffMs * factor ** (failures - 1), maxBackoffMs);
  };
}

function isForgiven(failure: TaskFailure, { contract }: TaskDispatch): boolean {
  return isWorkerLoss(failure) && (contract.effects !== 'external' || failure.name === NOT_BEGUN);
}
