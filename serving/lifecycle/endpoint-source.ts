import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ArtifactStore } from '../../store/artifacts/artifact-store.ts';
import type { Endpoint, Replica } from '../../store/metadata/endpoint-table.ts';
import type { MetadataStore } from '../../store/metadata/metadata-store.ts';
import { loadAspired, saveAspired } from './aspired-cache.ts';
import type { AspiredEndpoint } from './aspired-endpoint.ts';
import { resolveEndpoint } from './resolve-endpoint.ts';
import type { ServableManager } from './servable-manager.ts';

const POLL_MS = 250;
/** Replicas that started together should not ask together for ever. */
const JITTER_MS = 50;
const POLL_AWAY_MS = 1_000;
const BEAT_MS = 1_000;
/** Several beats, so that one slow write does not make a replica look dead. */
const LEASE_MS = 5_000;
/** A load may have failed for a reason that passes: a store that was away, a disk that was full. */
const RETRY_MS = 5_000;
/** How long a start waits for the store before it falls back on what was last applied. */
const FIRST_ANSWER_MS = 3_000;

export interface ServingStores {
  readonly metadata: MetadataStore;
  readonly artifacts: ArtifactStore;
  close(): Promise<void>;
}

export interface EndpointSourceOptions {
  readonly openStores: () => Promise<ServingStores>;
  readonly manager: ServableManager;
  readonly cachePath: string;
  readonly replica: Pick<Replica, 'id' | 'url'>;
  readonly log: Logger;
}

interface Report {
  readonly generation: number;
  readonly updatedAt: number;
  readonly error: string | null;
  /** When a failed load is tried again. */
  readonly retryAt: number;
}

/**
 * Follows the store: what it says of an endpoint is applied, and what came of it is written to this replica's row.
 *
 * Endpoints are never removed, so one that the store does not know any more is a store that was lost or put back from
 * an older copy: it is served on. So is everything while the store is away.
 */
export class EndpointSource {
  readonly #options: EndpointSourceOptions;
  readonly #stop = new AbortController();
  readonly #applied = new Map<string, AspiredEndpoint>();
  readonly #reports = new Map<string, Report>();
  readonly #applying = new Map<string, Promise<void>>();
  #stores: ServingStores | null = null;
  #running: Promise<void> = Promise.resolve();
  #saving: Promise<void> = Promise.resolve();
  #lastBeat = 0;
  #answered = false;
  #ready = false;
  #away = false;

  constructor(options: EndpointSourceOptions) {
    this.#options = options;
  }

  /**
   * Whether each endpoint has been brought once to the newest state that was known here, or could not be. A process that
   * has neither heard from the store nor anything cached knows of none, and is not ready.
   */
  get ready(): boolean {
    return this.#ready;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Ends the polling and takes this replica's row away. */
  async stop(): Promise<void> {
    this.#stop.abort();
    const farewell = async () => {
      await this.#running;
      await this.#stores?.metadata.endpoints.removeReplica(this.#options.replica.id);
      await this.#stores?.close();
    };
    // A store that does not answer must not keep the process alive; the lease runs out by itself.
    await Promise.race([farewell().catch(() => {}), delay(2_000, undefined, { ref: false })]);
  }

  async #run(): Promise<void> {
    await Promise.race([this.#poll(), delay(FIRST_ANSWER_MS, undefined, { ref: false })]);
    await this.#applyCached();
    while (!this.#stop.signal.aborted) {
      if (!this.#ready) this.#becomeReady();
      const pause = (this.#away ? POLL_AWAY_MS : POLL_MS) + Math.random() * JITTER_MS;
      await delay(pause, undefined, { signal: this.#stop.signal }).catch(() => {});
      if (!this.#stop.signal.aborted) await this.#poll();
    }
  }

  /** Once what is being applied has ended; a large model that loads does not hold up the polling. */
  #becomeReady(): void {
    if (!this.#answered && this.#applying.size + this.#reports.size === 0) return;
    void Promise.allSettled(this.#applying.values()).then(() => {
      this.#ready = true;
    });
  }

  /** Never throws: without the store, serving goes on. */
  async #poll(): Promise<void> {
    try {
      this.#stores ??= await this.#options.openStores();
      const stores = this.#stores;
      for (const endpoint of await stores.metadata.endpoints.list()) {
        if (this.#isDue(endpoint)) this.#follow(endpoint, () => resolveEndpoint(stores, endpoint));
      }
      this.#answered = true;
      if (Date.now() - this.#lastBeat >= BEAT_MS) await this.#beat(stores);
      if (this.#away) this.#options.log.info('the store is back');
      this.#away = false;
    } catch (error) {
      if (!this.#away) this.#options.log.warn({ err: error }, 'the store is away; serving what was last applied');
      this.#away = true;
      const stores = this.#stores;
      this.#stores = null;
      void stores?.close().catch(() => {});
    }
  }

  #isDue({ name, generation, updatedAt }: Endpoint): boolean {
    if (this.#applying.has(name)) return false;
    const report = this.#reports.get(name);
    if (!report || report.generation !== generation || report.updatedAt !== updatedAt) return true;
    return report.error === null ? !this.#options.manager.isWhole(name) : Date.now() >= report.retryAt;
  }

  /** Applies a state beside the polling: a large model's load holds up neither the lease nor other endpoints. */
  #follow(
    endpoint: Pick<Endpoint, 'name' | 'generation' | 'updatedAt'>,
    resolve: () => Promise<AspiredEndpoint>,
  ): void {
    const { name, generation, updatedAt } = endpoint;
    const applying = this.#apply(name, resolve).then((error) => {
      this.#reports.set(name, { generation, updatedAt, error, retryAt: Date.now() + RETRY_MS });
      this.#applying.delete(name);
      // Rollouts wait for this.
      this.#lastBeat = 0;
    });
    this.#applying.set(name, applying);
  }

  /** @returns why it could not be applied; null when it was. */
  async #apply(name: string, resolve: () => Promise<AspiredEndpoint>): Promise<string | null> {
    const { manager, log } = this.#options;
    try {
      const aspired = await resolve();
      await manager.apply(aspired);
      this.#applied.set(name, aspired);
      this.#save();
      log.info({ endpoint: name, generation: aspired.generation, shares: aspired.shares }, 'applied');
      return null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      manager.refuse(name, reason);
      log.error({ endpoint: name, reason }, 'could not be applied');
      return reason;
    }
  }

  /** Of what was last applied, that of which the store has not spoken. */
  async #applyCached(): Promise<void> {
    const { cachePath, log } = this.#options;
    try {
      for (const cached of await loadAspired(cachePath)) {
        const known = this.#applying.has(cached.name) || this.#reports.has(cached.name);
        if (!known) this.#follow(cached, async () => cached);
      }
    } catch (error) {
      log.error({ err: error, cachePath }, 'the cached state cannot be read; waiting for the store');
    }
  }

  #save(): void {
    const { cachePath, log } = this.#options;
    this.#saving = this.#saving
      .then(() => saveAspired(cachePath, [...this.#applied.values()]))
      .catch((error: unknown) => log.error({ err: error, cachePath }, 'the applied state could not be cached'));
  }

  async #beat(stores: ServingStores): Promise<void> {
    const now = Date.now();
    const applied = Object.fromEntries(
      [...this.#reports].map(([name, { generation, error }]) => [name, { generation, error }]),
    );
    this.#lastBeat = now;
    await stores.metadata.endpoints.heartbeat({ ...this.#options.replica, leaseUntil: now + LEASE_MS, applied });
  }
}
