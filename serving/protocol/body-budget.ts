import { ServingError } from '../serving-error.ts';

/** What one request holds of the budget. */
export interface BodyShare {
  /** @throws ServingError `unavailable` when all requests together would hold more than they may. */
  take(bytes: number): void;
  release(): void;
}

/**
 * Bytes of bodies that are held at once, by all requests of a process, until they are answered. The limit for one body
 * alone would let clients fill the memory by asking at the same time.
 */
export class BodyBudget {
  readonly #limit: number;
  #held = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  share(): BodyShare {
    let mine = 0;
    return {
      take: (bytes) => {
        if (this.#held + bytes > this.#limit) {
          const message = `Requests of ${this.#held} bytes are being answered, and ${this.#limit} is the limit. Try again soon.`;
          throw new ServingError('unavailable', message);
        }
        this.#held += bytes;
        mine += bytes;
      },
      release: () => {
        this.#held -= mine;
        mine = 0;
      },
    };
  }
}
