import type { SqlStatement, StatementResult } from './sql-statement.ts';

/** Batches that share a transaction at most, so that other processes get their turn. */
const BATCHES_A_TRANSACTION = 100;

type Batch = readonly SqlStatement[];
export type BatchResults = readonly StatementResult[];

interface Waiting {
  readonly batch: Batch;
  readonly resolve: (results: BatchResults) => void;
  readonly reject: (error: Error) => void;
}

/** Writes one transaction at a time: what waits at the same moment shares one, and so its flush to disk. */
export class SharedWrites {
  /** Takes each batch whole or not at all, and tells of each how it went. */
  readonly #writeAll: (batches: readonly Batch[]) => Promise<readonly PromiseSettledResult<BatchResults>[]>;
  #waiting: Waiting[] = [];
  #writing = false;

  constructor(writeAll: (batches: readonly Batch[]) => Promise<readonly PromiseSettledResult<BatchResults>[]>) {
    this.#writeAll = writeAll;
  }

  get isIdle(): boolean {
    return !this.#writing && this.#waiting.length === 0;
  }

  write(batch: Batch): Promise<BatchResults> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject });
      // Not at once: what else this turn of the event loop writes joins in.
      queueMicrotask(() => void this.#flush());
    });
  }

  async #flush(): Promise<void> {
    if (this.#writing || this.#waiting.length === 0) return;
    this.#writing = true;
    const taken = this.#waiting.splice(0, BATCHES_A_TRANSACTION);
    try {
      const outcomes = await this.#writeAll(taken.map(({ batch }) => batch));
      for (const [index, waiting] of taken.entries()) settle(waiting, outcomes[index]);
    } catch (error) {
      for (const waiting of taken) waiting.reject(error as Error);
    }
    this.#writing = false;
    void this.#flush();
  }
}

function settle(waiting: Waiting, outcome: PromiseSettledResult<BatchResults> | undefined): void {
  if (outcome?.status === 'fulfilled') waiting.resolve(outcome.value);
  else waiting.reject(outcome?.reason ?? new Error('A batch of statements got no answer.'));
}
