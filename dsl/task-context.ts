import type { ArtifactKind, ArtifactRef } from '../ir/artifact.ts';
import type { JsonObject, JsonValue } from '../ir/json.ts';
import type { Gang } from '../ir/protocol/gang.ts';
import type { RunFacts } from '../ir/protocol/task-dispatch.ts';

/** What a handler is given beside its input: the outside world, through one narrow door. */
export interface TaskContext {
  /** Scope names, task name, `[index]`, `#iteration`. */
  readonly path: string;
  /** From 1. */
  readonly attempt: number;
  /** Facts of the run that the contract declares to read; others are absent, for they are not in the cache key. */
  readonly run: Partial<RunFacts>;
  /** Which replica this is, and where the others are; undefined for a step without `resources.replicas`. */
  readonly gang: Gang | undefined;
  /** Fires on cancellation and timeout. After a grace period the process is killed. */
  readonly signal: AbortSignal;
  readonly log: TaskLog;
  /** A folder of this attempt's own; removed when it ends. */
  readonly scratch: string;

  /** Tells people how far it is: a share of 1, and what it is doing. Cheap; call it as often as is natural. */
  progress(share: number, message?: string): void;
  /** Keeps numbers with the run, to be compared and plotted. `step` is the iteration or epoch; 0 for a final value. */
  metrics(values: Readonly<Record<string, number>>, step?: number): void;

  /** A local path of the artifact's content: verified, read-only. */
  read(ref: ArtifactRef): Promise<string>;
  /**
   * Stores a file or folder as an artifact. `write` is given a path where nothing is yet and makes the file or folder
   * there; the artifact exists when the promise resolves, whole or not at all.
   */
  write<K extends ArtifactKind>(
    kind: K,
    write: (path: string) => Promise<void> | void,
    metadata?: JsonObject,
  ): Promise<ArtifactRef<K>>;

  /**
   * Resolves once the value is durable; the next attempt, on any worker, finds it in `lastCheckpoint`. Rejects where another
   * attempt has taken this one's place, or the run has ended. Of replicas rank 0 alone may call it, and all find it.
   */
  checkpoint(value: JsonValue): Promise<void>;
  /** The newest checkpoint of earlier attempts; undefined when there is none. */
  readonly lastCheckpoint: JsonValue | undefined;

  /** A declared secret's value. Its text is masked in logs, errors and stored failures. */
  secret(name: string): string;
}

export interface TaskLog {
  debug(message: string, fields?: JsonObject): void;
  info(message: string, fields?: JsonObject): void;
  warn(message: string, fields?: JsonObject): void;
  error(message: string, fields?: JsonObject): void;
}
