/**
 * Who has to do something about a failure. Each kind is told to people in another way, and only some are tried again.
 *
 * - `handler`: the step's own code threw, or its command ended with a status other than 0.
 * - `contract`: an input or an output breaks the step's contract. Never tried again.
 * - `timeout`: the handler ran longer than it may.
 * - `crash`: the handler's process ended without an answer (exit, signal, out of memory).
 * - `worker`: the worker died or was lost; Temporal's heartbeat found it out.
 * - `environment`: code, package, secret or artifact that the worker cannot get. Never tried again.
 * - `cancelled`: asked to stop.
 */
export const FAILURE_KINDS = ['handler', 'contract', 'timeout', 'crash', 'worker', 'environment', 'cancelled'] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

export interface TaskFailure {
  readonly kind: FailureKind;
  /** The error's own name, `TypeError` for instance; what `retry.nonRetryable` is matched with. */
  readonly name: string;
  /** What happened, to what, and what to do next. Secrets masked. */
  readonly message: string;
  /** Of the user's code only; for logs and the panel of the task, never a terminal's first answer. */
  readonly stack: string | null;
  readonly retryable: boolean;
}

/** Whether another attempt may help, before attempts are counted. */
export function isRetryable(kind: FailureKind, name: string, nonRetryable: readonly string[]): boolean {
  if (kind === 'contract' || kind === 'environment' || kind === 'cancelled') return false;
  return !nonRetryable.includes(name);
}

/** What a worker that is stopped, or found dead by its missing heartbeat, leaves behind. */
export const WORKER_LOST = 'WorkerLost';
export const WORKER_SHUT_DOWN = 'WorkerShutDown';
/** The same where the task still waited for its place on the worker: nothing of it has run. */
export const NOT_BEGUN = 'NotBegun';

/** A worker came for the task while its run was paused: nothing of it has run, and it is to be asked for again. */
export const RUN_PAUSED = 'RunPaused';

/** A replica found no room on a worker soon enough: nothing of it has run, and another worker is to be asked. */
export const NO_ROOM = 'NoRoom';
/** Not all replicas of a task had a place in time: none has begun, and the task is to be asked for again. */
export const NOT_GATHERED = 'NotGathered';

/**
 * Another delivery has taken the attempt's place in the store. Where the interpreter hears of it, nobody hears what that
 * other one has to say.
 */
export const ATTEMPT_REPLACED = 'AttemptReplaced';

const LOSSES: ReadonlySet<string> = new Set([WORKER_LOST, WORKER_SHUT_DOWN, NOT_BEGUN, ATTEMPT_REPLACED]);

/** Whether the worker went away under a task, rather than the task failing on it. */
export function isWorkerLoss({ kind, name }: TaskFailure): boolean {
  return kind === 'worker' && LOSSES.has(name);
}

/** There is no room on the worker's disk for what it has to write itself. */
export const NO_SPACE = 'NoSpace';
/** A store was away when a worker came for the task: nothing of it has run. */
export const STORE_AWAY = 'StoreAway';

const OWN: ReadonlySet<string> = new Set([NO_SPACE, STORE_AWAY, 'MetadataError', 'ArtifactError', 'ScratchError']);

/** Whether a worker that goes on could not do its own part: its disk is full, a store is away. */
export function isWorkersOwn({ kind, name, retryable }: TaskFailure): boolean {
  return kind === 'worker' && retryable && OWN.has(name);
}

/** An input that breaks the contract is found before the handler is called. */
export const INPUT_CONTRACT = 'InputContractError';
/** A secret that the worker does not have, one that it cannot open, and more than the worker has in all. */
export const SECRET_MISSING = 'SecretMissing';
export const SECRET_UNREADABLE = 'SecretUnreadable';
export const NO_CAPACITY = 'NoCapacity';
/** Why a step's code cannot be had on a worker. */
const CODE_FAILURES = ['NotServedHere', 'NoCode', 'CodeUnavailable', 'OtherRelease', 'NoBuiltins'] as const;
export type CodeFailure = (typeof CODE_FAILURES)[number];

const BEFORE_HANDLER: ReadonlySet<string> = new Set([
  ...[
    INPUT_CONTRACT,
    SECRET_MISSING,
    SECRET_UNREADABLE,
    NO_CAPACITY,
    NOT_BEGUN,
    NOT_GATHERED,
    NO_ROOM,
    RUN_PAUSED,
    STORE_AWAY,
  ],
  ...CODE_FAILURES,
]);

/** Whether an attempt failed before its handler was called: then no log says more than the failure does. */
export function isBeforeHandler({ name }: TaskFailure): boolean {
  return BEFORE_HANDLER.has(name);
}

/** A run of one process asks nobody. */
export const APPROVAL_IN_LOCAL_RUN = 'ApprovalInLocalRun';

/** How a task ends badly, on both sides of the queue. */
export class TaskFailed extends Error {
  override readonly name = 'TaskFailed';
  readonly failure: TaskFailure;

  constructor(failure: TaskFailure) {
    super(failure.message);
    this.failure = failure;
  }
}
