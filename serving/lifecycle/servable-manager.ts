import { ServingError } from '../serving-error.ts';
import type { AspiredEndpoint, AspiredShare } from './aspired-endpoint.ts';
import type { PooledServable, ServablePool } from './servable-pool.ts';
import { chooseShare } from './traffic.ts';

/** A version in an endpoint's traffic, loaded. */
export interface ServedShare extends AspiredShare {
  readonly pooled: PooledServable;
}

/** One version for the length of one request: it stays loaded until `release`, whatever is swapped meanwhile. */
export interface ServableHandle {
  readonly endpoint: string;
  readonly share: ServedShare;
  readonly pooled: PooledServable;
  /** All versions that the endpoint served when the handle was taken. */
  readonly shares: readonly ServedShare[];
  release(): void;
}

/** A version by its number, one by the traffic's weights, or the one with most traffic. */
export type VersionChoice = number | 'byTraffic' | 'largest';

const CHOOSE = {
  byTraffic: (shares: readonly ServedShare[]) => chooseShare(shares),
  largest: (shares: readonly ServedShare[]) => shares.toSorted((left, right) => right.percent - left.percent)[0],
} as const;

/** What the endpoints of this process serve now. Changes are whole: all versions of a generation, or the former ones. */
export class ServableManager {
  readonly #pool: ServablePool;
  readonly #served = new Map<string, readonly ServedShare[]>();
  readonly #refused = new Map<string, string>();

  constructor(pool: ServablePool) {
    this.#pool = pool;
  }

  /**
   * Loads what is missing, swaps in one turn of the loop, and lets go of what is no longer wanted.
   *
   * @throws Error naming the version that could not be loaded; the endpoint then serves on as before.
   */
  async apply(endpoint: AspiredEndpoint): Promise<void> {
    const loads = await Promise.allSettled(endpoint.shares.map((share) => this.#load(share)));
    const loaded = loads.flatMap((load) => (load.status === 'fulfilled' ? [load.value] : []));
    const failed = loads.find((load) => load.status === 'rejected');
    if (failed) {
      this.#releaseAll(loaded);
      throw failed.reason;
    }
    const former = this.#served.get(endpoint.name) ?? [];
    this.#served.set(endpoint.name, loaded);
    this.#refused.delete(endpoint.name);
    this.#releaseAll(former);
  }

  /** Remembers why an endpoint has nothing to serve, for those who call it. */
  refuse(endpoint: string, reason: string): void {
    this.#refused.set(endpoint, reason);
  }

  /** Whether every version of an endpoint can still answer. */
  isWhole(endpoint: string): boolean {
    return (this.#served.get(endpoint) ?? []).every((share) => share.pooled.servable.alive);
  }

  endpoints(): readonly string[] {
    return [...this.#served.keys()];
  }

  /**
   * Takes hold of a version.
   *
   * @throws ServingError `notFound` or `unavailable`.
   */
  handle(endpoint: string, choice: VersionChoice): ServableHandle {
    const shares = this.#shares(endpoint);
    const share = typeof choice === 'number' ? shareOfVersion(endpoint, shares, choice) : CHOOSE[choice](shares);
    if (!share) {
      throw new ServingError('unavailable', `Endpoint '${endpoint}' has no traffic. Promote a model to it.`);
    }
    const { pooled } = share;
    this.#pool.retain(pooled);
    return { endpoint, share, pooled, shares, release: () => this.#pool.release(pooled) };
  }

  close(): void {
    for (const shares of this.#served.values()) this.#releaseAll(shares);
    this.#served.clear();
  }

  async #load(share: AspiredShare): Promise<ServedShare> {
    try {
      return { ...share, pooled: await this.#pool.acquire(share.digest, share.path) };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${share.model} v${share.version} could not be loaded: ${why}`, { cause: error });
    }
  }

  #shares(endpoint: string): readonly ServedShare[] {
    const shares = this.#served.get(endpoint);
    if (shares) return shares;
    const reason = this.#refused.get(endpoint);
    if (reason !== undefined) {
      throw new ServingError('unavailable', `Endpoint '${endpoint}' has nothing to serve yet: ${reason}`);
    }
    const known = this.endpoints().join(', ') || 'none';
    throw new ServingError('notFound', `There is no endpoint '${endpoint}' here. Endpoints: ${known}.`);
  }

  #releaseAll(shares: readonly ServedShare[]): void {
    for (const share of shares) this.#pool.release(share.pooled);
  }
}

function shareOfVersion(endpoint: string, shares: readonly ServedShare[], version: number): ServedShare {
  const [share, other] = shares.filter((candidate) => candidate.version === version);
  if (share && !other) return share;
  const served = shares.map((candidate) => `${candidate.model} v${candidate.version}`).join(', ') || 'none';
  const problem = share
    ? `serves version ${version} of several models (${served}); leave the version out`
    : `does not serve version ${version}. Versions: ${served}`;
  throw new ServingError('notFound', `Endpoint '${endpoint}' ${problem}.`);
}
