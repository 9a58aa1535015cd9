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

/** What a worker is asked to do: one task, its inputs resolved. */
export interface TaskDispatch {
  readonly task: TaskAddress;
  readonly contract: StepContract;
  readonly settings: TaskSettings;
  readonly code: CodeRef;
  readonly input: JsonObject;
  /** Only those that the contract declares. */
  readonly reads: Partial<RunFacts>;
  /** Where the result is kept for later runs; null when it is not to be kept. */
  readonly cacheKey: string | null;
}

export type CacheReason =
  | 'hit'
  /** Taken over from the run that this one retries. */
  | 'reused'
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

/** What the look-up before a dispatch found. */
export interface CacheLookup {
  readonly key: string | null;
  readonly reason: CacheReason;
  /** For people: which run the hit came from, or what differs from the last time. */
  readonly detail: string;
  readonly output: JsonValue | null;
  readonly hit: boolean;
  /** Where a hit comes from; null of a miss. */
  readonly origin: TaskOrigin | null;
}
