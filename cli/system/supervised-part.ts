import { setTimeout as delay } from 'node:timers/promises';
import { type PartProcess, startPart } from './part-process.ts';
import type { PartSpec } from './part-spec.ts';

export type PartEvent =
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'ready' }
  | { readonly kind: 'crashed'; readonly how: string; readonly againInMs: number };

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
  /** A life of this length counts as healthy: the next pause is the first again. */
  readonly healthyMs: number;
}
export const BACKOFF: Backoff = { firstMs: 500, maxMs: 30_000, healthyMs: 60_000 };

/** A part that is started again whenever it ends by itself, after a pause that doubles. */
export class SupervisedPart {
  readonly #spec: PartSpec;
  readonly #logFile: string;
  readonly #onEvent: (event: PartEvent) => void;
  readonly #backoff: Backoff;
  readonly #stopping = new AbortController();
  #current: PartProcess | null = null;
  #launching: Promise<unknown> = Promise.resolve();
  #loop: Promise<void> = Promise.resolve();

  constructor(spec: PartSpec, logFile: string, onEvent: (event: PartEvent) => void, backoff: Backoff = BACKOFF) {
    this.#spec = spec;
    this.#logFile = logFile;
    this.#onEvent = onEvent;
    this.#backoff = backoff;
  }

  /** Resolves when it is ready for the first time. A first start that fails is not tried again: it says why. */
  async start(): Promise<void> {
    const first = await this.#launch();
    try {
      await first.ready;
    } catch (error) {
      await first.stop();
      throw error;
    }
    this.#onEvent({ kind: 'ready' });
    this.#loop = this.#keepUp(first);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#launching.catch(() => undefined);
    await this.#current?.stop();
    await this.#loop;
  }

  async #keepUp(first: PartProcess): Promise<void> {
    let life: PartProcess | null = first;
    let startedAt = Date.now();
    let pauseMs = this.#backoff.firstMs;
    while (!this.#stopping.signal.aborted) {
      const how: string = life === null ? 'no start' : await life.ended;
      if (this.#stopping.signal.aborted) return;
      if (Date.now() - startedAt >= this.#backoff.healthyMs) pauseMs = this.#backoff.firstMs;
      this.#onEvent({ kind: 'crashed', how, againInMs: pauseMs });
      await delay(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
      if (this.#stopping.signal.aborted) return;
      pauseMs = Math.min(pauseMs * 2, this.#backoff.maxMs);
      startedAt = Date.now();
      life = await this.#launch().catch(() => null);
      // One that hangs without getting ready is ended, so that the loop can try another.
      life?.ready.then(() => this.#onEvent({ kind: 'ready' })).catch(() => life?.stop());
    }
  }

  #launch(): Promise<PartProcess> {
    const launched = this.#started();
    this.#launching = launched;
    return launched;
  }

  async #started(): Promise<PartProcess> {
    const life = await startPart(this.#spec, this.#logFile);
    this.#current = life;
    this.#onEvent({ kind: 'started', pid: life.pid });
    // A stop that came while the process was being made did not see it.
    if (this.#stopping.signal.aborted) await life.stop();
    return life;
  }
}
