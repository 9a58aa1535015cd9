import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { JsonValue } from '../../ir/json.ts';
import type { ApprovalDecision } from '../../ir/nodes/approval-node.ts';
import type { Promotion } from '../../ir/nodes/promote-node.ts';
import type { SlotAnswer, SlotDemand, SlotWaiter } from '../../ir/protocol/slots.ts';
import type { CacheLookup, Sought, TaskAddress, TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { Transition } from '../../ir/protocol/transition.ts';
import type { ApprovalRequest, ExecutionPort, NotifyRequest, PromoteRequest } from '../../workflows/execution-port.ts';

/** Who does the work when there is no Temporal: one try of each operation, stopped by the signal. */
export interface LocalExecutor {
  lookUp(dispatch: TaskDispatch, sought: Sought): Promise<CacheLookup>;
  /** @throws TaskFailed */
  runTask(dispatch: TaskDispatch, attempt: number, signal: AbortSignal): Promise<JsonValue>;
  takeSlots(dispatch: TaskDispatch, demands: readonly SlotDemand[]): Promise<SlotAnswer>;
  giveBackSlots(task: TaskAddress): Promise<readonly SlotWaiter[]>;
  promote(request: PromoteRequest): Promise<Promotion>;
  notify(request: NotifyRequest): Promise<void>;
  approval(request: ApprovalRequest, signal: AbortSignal): Promise<ApprovalDecision | null>;
  record(transition: Transition): void;
}

/**
 * The interpreter's port in a single process. Nothing survives the process but what the executor has stored, and nobody
 * can pause it.
 *
 * @param signal cancels what is not shielded
 * @param hardStop cancels what is
 */
export function inProcessPort(
  executor: LocalExecutor,
  signal: AbortSignal,
  hardStop: AbortSignal,
  turns: LocalTurns = new Map(),
): ExecutionPort {
  return {
    now: () => Date.now(),
    record: (transition) => executor.record(transition),
    mayStart: async () => undefined,
    isPaused: () => false,
    lookUp: (dispatch, sought) => stoppable(signal, () => executor.lookUp(dispatch, sought)),
    runTask: (dispatch, attempt) => stoppable(signal, () => executor.runTask(dispatch, attempt, signal)),
    takeSlots: (dispatch, demands) => stoppable(signal, () => executor.takeSlots(dispatch, demands)),
    // The end of the task gives them back where the store does not answer.
    giveBackSlots: (task) => executor.giveBackSlots(task).catch(() => []),
    wake: async (waiters) => {
      for (const { path } of waiters) turns.get(path)?.();
    },
    turn: (path, atMostMs) => stoppable(signal, () => untilTurn(path, atMostMs, signal, turns)),
    promote: (request) => stoppable(signal, () => executor.promote(request)),
    notify: (request) => stoppable(signal, () => executor.notify(request)),
    sleep: (ms) => stoppable(signal, () => sleepFor(ms, signal)),
    until: (awaited) => stoppable(signal, () => untilStopped(awaited, signal)),
    approval: (request) => stoppable(signal, () => executor.approval(request, signal)),
    apart: () => null,
    scope: ({ shielded }) => {
      const own = new AbortController();
      const inner = AbortSignal.any([shielded ? hardStop : signal, own.signal]);
      return {
        port: inProcessPort(executor, inner, hardStop, turns),
        run: (body) => body(),
        cancel: () => own.abort(),
      };
    },
  };
}

/** Of the tasks that stand in line for slots, what wakes them. Those of other runs ask again by themselves. */
type LocalTurns = Map<string, () => void>;

async function untilTurn(path: string, atMostMs: number, signal: AbortSignal, turns: LocalTurns): Promise<void> {
  const woken = new AbortController();
  const wake = () => woken.abort();
  turns.set(path, wake);
  try {
    await delay(atMostMs, undefined, { signal: AbortSignal.any([signal, woken.signal]) });
  } catch (error) {
    if (signal.aborted || !woken.signal.aborted) throw error;
  } finally {
    if (turns.get(path) === wake) turns.delete(path);
  }
}

/** Node's timers hold 2^31 − 1 ms, some 25 days, and fire at once when asked for more. */
const LONGEST_TIMER_MS = 2_147_483_647;

async function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  for (let left = ms; left > 0; left -= LONGEST_TIMER_MS) {
    await delay(Math.min(left, LONGEST_TIMER_MS), undefined, { signal });
  }
}

/** Ends when the scope is stopped, whatever becomes of what was waited for. */
function untilStopped<T>(awaited: Promise<T>, signal: AbortSignal): Promise<T> {
  // Of a wide run's tasks, all may wait at once.
  setMaxListeners(0, signal);
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    void awaited.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Runs an operation unless the scope is stopped; whatever it threw because of the stop becomes `cancelled`. */
async function stoppable<T>(signal: AbortSignal, operation: () => Promise<T>): Promise<T> {
  if (signal.aborted) throw cancelled();
  try {
    return await operation();
  } catch (error) {
    throw signal.aborted ? cancelled() : error;
  }
}

function cancelled(): TaskFailed {
  return new TaskFailed({ kind: 'cancelled', name: 'Cancelled', message: 'Cancelled.', stack: null, retryable: false });
}
