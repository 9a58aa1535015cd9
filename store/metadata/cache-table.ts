import type { JsonValue } from '../../ir/json.ts';

/** An output kept under its key for later runs. */
export interface CacheEntry {
  readonly key: string;
  readonly pipeline: string;
  readonly step: string;
  readonly output: JsonValue;
  readonly runId: string;
  readonly path: string;
  /** What the key was made of, part by part, so that a miss can say what differs. */
  readonly parts: Readonly<Record<string, string>>;
  readonly createdAt: number;
}

export interface CacheTable {
  /** One look for many keys. */
  get(keys: readonly string[]): Promise<ReadonlyMap<string, CacheEntry>>;
  put(entry: CacheEntry): Promise<void>;
  /** The newest entry of a place in a pipeline; to explain a miss. */
  latest(pipeline: string, path: string): Promise<CacheEntry | null>;
  delete(key: string): Promise<void>;
}
