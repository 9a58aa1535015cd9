import type { JsonObject, JsonValue } from '../ir/json.ts';
import type { ApprovalDecision } from '../ir/nodes/approval-node.ts';
import type { Promotion } from '../ir/nodes/promote-node.ts';
import type { SlotAnswer, SlotDemand, SlotWaiter } from '../ir/protocol/slots.ts';
import type { CacheLookup, Sought, TaskAddress, TaskDispatch } from '../ir/protocol/task-dispatch.ts';
import type { Transition } from '../ir/protocol/transition.ts';
import type { PartRunner } from './part.ts';

/**
 * Everything that the interpreter asks of the world. One driver is Temporal's workflow API, the other a single Node
 * process; both pass `interpreter.suite.ts`.
 *
 * Operations end with a value or throw `TaskFailed`; asked to stop, they throw one of kind `cancelled`.
 */
export interface ExecutionPort {
  /** Milliseconds since the epoch; the same again when a workflow is replayed. */
  now(): number;
  /** Waits for as long as the run is paused. Never fails: what was cancelled meanwhile hears of it from what it does next. */
  mayStart(): Promise<void>;
  /** Whether the run is paused at this moment. */
  isPaused(): boolean;
  /**
   * What is known of the task from earlier: a hit, or the key to store its result under, or that another task makes the
   * same result.
   */
  lookUp(dispatch: TaskDispatch, sought: Sought): Promise<CacheLookup>;
  /** Tries the task once, on a worker. `attempt` counts from 1 and fences what an earlier one may still write. */
  runTask(dispatch: TaskDispatch, attempt: number): Promise<JsonValue>;
  /** Asks for slots of pools, and stands in line until it is asked for the next time. */
  takeSlots(dispatch: TaskDispatch, demands: readonly SlotDemand[]): Promise<SlotAnswer>;
  /** Never fails, not even where the scope has been cancelled. @returns whose turn it may be now */
  giveBackSlots(task: TaskAddress): Promise<readonly SlotWaiter[]>;
  /** Tells those whose turn it may be, of this run and of others. Never fails. */
  wake(waiters: readonly SlotWaiter[]): Promise<void>;
  /** Waits until the task that stands in line is woken, and so long at most. */
  turn(path: string, atMostMs: number): Promise<void>;
  promote(request: PromoteRequest): Promise<Promotion>;
  /** Keeps a message for those who tell it; the same task's is kept once. */
  notify(request: NotifyRequest): Promise<void>;
  sleep(ms: number): Promise<void>;
  /** Waits for what the run itself does: another of its tasks, say. */
  until<T>(awaited: Promise<T>): Promise<T>;
  /** Waits for the decision on an approval; null when nobody decided in time. */
  approval(request: ApprovalRequest): Promise<ApprovalDecision | null>;
  /** Tells the store, some time soon. Never waits, never fails a run. */
  record(transition: Transition): void;
  /**
   * Whether what keeps this run's history has room for so many tasks more, which it then sets aside: null if so. Else who
   * runs parts of them elsewhere.
   */
  apart(tasks: number): PartRunner | null;
  /**
   * A part of the run that can be stopped by itself. A shielded one goes on when the run is cancelled, until the time is
   * over that the cancelled run has.
   */
  scope(options: { readonly shielded: boolean }): ExecutionScope;
}

export interface ExecutionScope {
  readonly port: ExecutionPort;
  /** Runs the body so that `cancel` reaches everything it starts through `port`. */
  run<T>(body: () => Promise<T>): Promise<T>;
  cancel(): void;
}

export interface PromoteRequest {
  readonly task: TaskAddress;
  readonly input: JsonObject;
}

export interface NotifyRequest {
  readonly task: TaskAddress;
  readonly text: string;
  /** The notification that tells it; null for those that tell of messages. */
  readonly channel: string | null;
}

export interface ApprovalRequest {
  readonly task: TaskAddress;
  readonly message: string | null;
  readonly form: JsonObject | null;
  readonly roles: readonly string[];
  readonly timeoutMs: number;
}
