import type { JsonValue } from '../../ir/json.ts';
import type { TaskOrigin } from '../../ir/protocol/task-dispatch.ts';

/** An output kept under its key for later runs. */
export interface CacheEntry extends KeptParts {
  readonly key: string;
  readonly pipeline: string;
  readonly step: string;
  readonly output: JsonValue;
}

/** Of an entry, what a miss is compared with. */
export interface KeptParts {
  readonly runId: string;
  readonly path: string;
  /** What the key was made of, part by part, so that a miss can say what differs. */
  readonly parts: Readonly<Record<string, string>>;
  readonly createdAt: number;
}

/** A task's word that it makes the result of a key. */
export interface CacheClaim {
  readonly key: string;
  readonly by: TaskOrigin;
  /** From then on the claim counts no more, whatever is known of the task: nobody may be left to write down its end. */
  readonly leaseUntil: number;
}

export interface CacheTable {
  /** One look for many keys. */
  get(keys: readonly string[]): Promise<ReadonlyMap<string, CacheEntry>>;
  /** Gives back the claim of the task that made it. */
  put(entry: CacheEntry): Promise<void>;
  /** The newest of a place in a pipeline, newest first; to explain a miss. */
  recent(pipeline: string, path: string, limit: number): Promise<readonly KeptParts[]>;
  delete(key: string): Promise<void>;
  /**
   * Claims keys, each but once, for tasks that are about to make their results. A claim holds while its run and its task
   * have not ended and its lease has not run out, so none has to be given back. Claiming again changes nothing.
   *
   * @returns by key who has it: the claimer, or the task to be waited for.
   */
  claim(claims: readonly CacheClaim[], now: number): Promise<ReadonlyMap<string, TaskOrigin>>;
}
