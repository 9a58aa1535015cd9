import { NaturalBatcher } from '../batching/natural-batcher.ts';
import type { Loader, Servable } from './servable.ts';

/** A loaded artifact with the number of those who need it: traffic shares, and requests in flight. */
export interface PooledServable {
  readonly digest: string;
  readonly servable: Servable;
  readonly batcher: NaturalBatcher;
}

interface Entry {
  users: number;
  readonly loading: Promise<PooledServable>;
  loaded: PooledServable | null;
}

/** Loads each artifact once, whatever number of endpoints serve it, and unloads it after its last user. */
export class ServablePool {
  readonly #load: Loader;
  readonly #entries = new Map<string, Entry>();
  readonly #byServable = new Map<PooledServable, Entry>();

  constructor(load: Loader) {
    this.#load = load;
  }

  /** Counts the caller as a user from now on, the load included; `release` what this gives. */
  async acquire(digest: string, path: string): Promise<PooledServable> {
    const entry = this.#usable(digest) ?? this.#begin(digest, path);
    entry.users += 1;
    try {
      return await entry.loading;
    } catch (error) {
      entry.users -= 1;
      if (this.#entries.get(digest) === entry) this.#entries.delete(digest);
      throw error;
    }
  }

  /** One more user of what a caller holds already. */
  retain(pooled: PooledServable): void {
    const entry = this.#byServable.get(pooled);
    if (!entry) throw new Error(`Servable ${pooled.digest} was retained after its last release.`);
    entry.users += 1;
  }

  release(pooled: PooledServable): void {
    const entry = this.#byServable.get(pooled);
    if (!entry) throw new Error(`Servable ${pooled.digest} was released more often than retained.`);
    entry.users -= 1;
    if (entry.users > 0) return;
    this.#byServable.delete(pooled);
    if (this.#entries.get(pooled.digest) === entry) this.#entries.delete(pooled.digest);
    void pooled.servable.close();
  }

  /** An entry that is loading, or loaded and alive. A dead one is left to its users, and loaded anew for others. */
  #usable(digest: string): Entry | undefined {
    const entry = this.#entries.get(digest);
    return entry?.loaded && !entry.loaded.servable.alive ? undefined : entry;
  }

  #begin(digest: string, path: string): Entry {
    const loading = this.#load(path).then((servable) => ({ digest, servable, batcher: new NaturalBatcher(servable) }));
    const entry: Entry = { users: 0, loading, loaded: null };
    this.#entries.set(digest, entry);
    loading.then(
      (pooled) => {
        entry.loaded = pooled;
        this.#byServable.set(pooled, entry);
      },
      () => {},
    );
    return entry;
  }
}
