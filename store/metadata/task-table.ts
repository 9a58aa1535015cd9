import type { JsonValue } from '../../ir/json.ts';
import type { TaskFailure } from '../../ir/protocol/task-failure.ts';
import type { TaskStatus, Transition } from '../../ir/protocol/transition.ts';
import type { LeftOut } from './left-out.ts';
import type { Page, PageRequest } from './metadata-store.ts';

/** The newest state of a task path in a run. */
export interface Task extends Transition {
  readonly runId: string;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/**
 * A task without those of its values that are too large to be listed, or come after too many: `detail` is empty then,
 * the others are null. Why tasks failed goes before what is told of them, and that before what they were given and gave.
 */
export interface ListedTask extends Task {
  readonly leftOut: LeftOut<'failure' | 'cache' | 'detail' | 'input' | 'output'> | null;
}

/** How many tasks of a run stand at an address, are of a kind and have a status. Exact, whatever is listed. */
export interface TaskCount {
  /**
   * What the tasks of a fan-out's items, or of a loop's rounds, have in common: `trials/train` of `trials[3]/train`. Null
   * for all tasks together that stand in no item and no round.
   */
  readonly address: string | null;
  readonly kind: Transition['kind'];
  readonly status: TaskStatus;
  /** At least 1. */
  readonly tasks: number;
}

export interface TaskFilter extends PageRequest {
  /** A task, a scope with all in it, or one item or round: `trials`, `trials[3]`. */
  readonly under?: string;
  readonly status?: TaskStatus;
}

export type AttemptStatus = 'running' | 'succeeded' | 'failed' | 'cancelled';

/** One try of a task, written by the worker that makes it. */
export interface Attempt {
  readonly runId: string;
  readonly path: string;
  /** From 1. */
  readonly attempt: number;
  readonly status: AttemptStatus;
  readonly worker: string;
  readonly queue: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly failure: TaskFailure | null;
  /** 0 to 1; null when the handler reports none. */
  readonly progress: number | null;
  readonly message: string | null;
}

/** An attempt whose failure is null where it is too large to be listed, or comes after too many. */
export interface ListedAttempt extends Attempt {
  readonly leftOut: LeftOut<'failure'> | null;
}

export interface LogLine {
  readonly at: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Where it came from: the handler's logger, or what its process printed. */
  readonly stream: 'log' | 'stdout' | 'stderr';
  readonly text: string;
}

/** A numbered piece of an attempt's log. Chunks are written once. */
export interface LogChunk {
  readonly runId: string;
  readonly path: string;
  readonly attempt: number;
  /** As in the attempt's key. */
  readonly delivery?: string;
  readonly chunk: number;
  readonly lines: readonly LogLine[];
}

/** An artifact and the task it stands by. */
export interface LineageEdge {
  readonly runId: string;
  readonly path: string;
  readonly direction: 'input' | 'output';
  readonly digest: string;
}

export interface Measurement {
  readonly name: string;
  readonly value: number;
  /** The iteration or epoch that it was measured at; 0 for a final value. */
  readonly step: number;
}

/** A measurement and the task that made it. */
export interface Metric extends Measurement {
  readonly runId: string;
  readonly path: string;
}

/** A metric by the point that counts: its final value (step 0), else that of its last step. */
export interface ListedMetric extends Metric {
  /** How many points it has. */
  readonly points: number;
}

export interface MetricFilter extends PageRequest {
  readonly path?: string;
  readonly name?: string;
}

export interface TaskTable {
  /**
   * Applies transitions in one transaction. Of each (run, path) the one with the greatest sequence stays, whatever the
   * order or number of deliveries. After the run's end only what is missing is filled in: a task that has ended stays as
   * it is, and one that is told to be under way has ended as cancelled. Artifacts in `input` and `output` become rows and lineage.
   * A task that names the origin of its result gets the origin's metrics, as far as there is room (left-out.ts).
   */
  record(runId: string, transitions: readonly Transition[]): Promise<void>;
  /**
   * The tasks of a run in order, or of one that has too many those that tell most (LISTED_TASKS in left-out.ts). Values
   * that are left out are not read.
   */
  list(runId: string): Promise<readonly ListedTask[]>;
  /**
   * All tasks by pages, in the order in which they are chosen to be listed. A task that changes while the pages are read
   * may come twice, or not at all. @throws PageError
   */
  page(runId: string, filter?: TaskFilter): Promise<Page<ListedTask>>;
  /** All tasks of a run, by address, kind and status. */
  counts(runId: string): Promise<readonly TaskCount[]>;
  /** With its values whole. */
  get(runId: string, path: string): Promise<Task | null>;
  /** In which of these runs the task has given its output. */
  doneIn(runIds: readonly string[], path: string): Promise<ReadonlySet<string>>;

  /**
   * Earlier attempts that have not told their end are closed as lost. A doubled start changes nothing; one that comes
   * after the attempt's end, or with another delivery, begins it anew, unless a later attempt has begun. One that is told
   * late, when the handler has ended, takes the place of no other delivery that is under way or has ended since.
   */
  startAttempt(
    attempt: AttemptKey & Pick<Attempt, 'worker' | 'queue' | 'startedAt'> & { late?: boolean },
  ): Promise<void>;
  /** Changes nothing when a later attempt or delivery has started, or this one has ended. */
  progressAttempt(key: AttemptKey, progress: number | null, message: string | null): Promise<void>;
  /** @returns whether it was taken: false for an attempt or delivery that a later one has replaced (a zombie). */
  endAttempt(
    key: AttemptKey,
    end: { status: Exclude<AttemptStatus, 'running'>; at: number; failure: TaskFailure | null },
  ): Promise<boolean>;
  /**
   * Of each task that is listed the newest, and before it its others, as far as they can be listed (left-out.ts); of one
   * task with their failures whole.
   */
  attempts(runId: string, path?: string): Promise<readonly ListedAttempt[]>;

  /** The runs that go on and have attempts under way on the worker. */
  runsUnderWayOn(worker: string): Promise<readonly string[]>;

  /** Drops what a delivery tells that another has replaced. */
  appendLog(chunk: LogChunk): Promise<void>;
  /**
   * A page of a run's chunks in order of writing: those after `after` (a cursor that this gave) only, `limit` at most (50
   * unless told, as of all lists), and fewer where they come to more than 4 MiB. One without chunks is the last for now.
   */
  logs(
    runId: string,
    filter?: { path?: string; after?: string | null; limit?: number },
  ): Promise<{ chunks: readonly LogChunk[]; cursor: string | null }>;

  /** Durable once it resolves. @returns false when a later attempt or delivery has started, or the run has ended. */
  saveCheckpoint(key: AttemptKey, value: JsonValue): Promise<boolean>;
  /** The newest value that any attempt of the task saved. */
  checkpoint(runId: string, path: string): Promise<JsonValue | undefined>;

  /** The newest value of each name and step stays. Changes nothing when a later attempt or delivery has started. */
  saveMetrics(key: AttemptKey, measured: readonly Measurement[]): Promise<void>;
  /** What each metric of the tasks that are listed came to; of the first 10,000 by path and name. */
  metrics(runId: string): Promise<readonly ListedMetric[]>;
  /** All points, by path, name and step. */
  points(runId: string, filter?: MetricFilter): Promise<Page<Metric>>;
  lineage(filter: { runId: string } | { digest: string }): Promise<readonly LineageEdge[]>;
}

export interface AttemptKey {
  readonly runId: string;
  readonly path: string;
  readonly attempt: number;
  /**
   * Tells one delivery of the attempt from another: a queue delivers at least once, and what it takes for lost may go on.
   * The one that started last stands for the attempt. Left out, deliveries are not told apart.
   */
  readonly delivery?: string;
}
