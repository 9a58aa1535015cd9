import type { JsonValue } from '../../ir/json.ts';

/** An output kept under its key for later runs. */
export interface CacheEntry {
  readonly key: string;
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
  /** The newest entry that the same step at the same place in the same pipeline left; to explain a miss. */
  latest(step: string, path: string): Promise<CacheEntry | null>;
  delete(key: string): Promise<void>;
}
