import type { CodeRef } from '../compiled-pipeline.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { StepContract, TaskSettings } from '../step-contract.ts';

/** Where a task stands: enough to name it in every table, message and metric. */
export interface TaskAddress {
  readonly project: string;
  readonly runId: string;
  readonly pipeline: string;
  /** Scope names, task name, `[index]`, `#iteration`: `trials[3]/train`. */
  readonly path: string;
}

/** The facts of a run that a contract may declare to read. */
export interface RunFacts {
  readonly runId: string;
  readonly logicalTime: string | null;
  readonly partition: string | null;
}

/** One of the handlers of a task that has several. */
export interface Replica {
  /** From 0. */
  readonly rank: number;
  /** How long it waits for room on one worker, where its siblings may be what fills it, before another is asked. */
  readonly roomWithinMs: number;
}

/** What a worker is asked to do: one task, its inputs resolved. */
export interface TaskDispatch {
  readonly task: TaskAddress;
  readonly contract: StepContract;
  readonly settings: TaskSettings;
  readonly code: CodeRef;
  readonly input: JsonObject;
  /** Only those that the contract declares. */
  readonly reads: Partial<RunFacts>;
  /** Left out for a task without replicas, and for all of them together. */
  readonly replica?: Replica;
  /** What stands for the input in the cache key, where the call says so; left out, the inputs do themselves. */
  readonly identity?: JsonValue;
  /** Where the result is kept for later runs; null when it is not to be kept. */
  readonly cacheKey: string | null;
}

export type CacheReason =
  | 'hit'
  /** Taken over from the run that this one retries. */
  | 'reused'
  /** Another task, of this run or another, makes the same result at this moment; to be looked up again. */
  | 'underWay'
  /** Named by a rerun, or dependent on what is. */
  | 'rerun'
  | 'off'
  | 'refresh'
  | 'effects'
  | 'noFingerprint'
  | 'noEntry'
  | 'expired'
  | 'artifactGone';

/** The task that made a result: one that ran, never one that was cached itself. */
export interface TaskOrigin {
  readonly runId: string;
  readonly path: string;
}

/** The earlier result that a miss was compared with. */
export interface ComparedResult extends TaskOrigin {
  /** The names of the parts of the cache key that differ; none where the key is the same and something else is wrong. */
  readonly parts: readonly string[];
}

/** Where a task is looked for. */
export interface Sought {
  /** The run whose output stands where all that decides it is what it was; null to look in the cache only. */
  readonly takeOverFrom: string | null;
  /** The task that the last answer said makes the same result; null the first time. */
  readonly awaited: TaskOrigin | null;
  /** Whether the task, where there is no result, is to be the one that makes it: others wait for it from then on. */
  readonly claims: boolean;
}

/** What the look-up before a dispatch found. */
export interface CacheLookup {
  readonly key: string | null;
  readonly reason: CacheReason;
  /** For people: which run the hit came from, or what differs from the last time. */
  readonly detail: string;
  readonly output: JsonValue | null;
  readonly hit: boolean;
  /** Where a hit comes from, or the task that is under way; null of a miss. */
  readonly origin: TaskOrigin | null;
  /** Of a miss, the nearest earlier result; left out where there is none. */
  readonly compared?: ComparedResult;
}
