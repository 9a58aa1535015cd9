import type { Servable, TensorMap } from '../lifecycle/servable.ts';
import { ServingError } from '../serving-error.ts';
import { joinRows, rowsOf, splitRows } from './join-rows.ts';

/** Rows past which a run is not made longer: small models gain nothing beyond, and those behind would wait. */
const MAX_ROWS = 4096;
/** Requests past which a model does not keep up; the rest are refused at once rather than after a long wait. */
const MAX_WAITING = 1024;
/** The same in rows: as many as 16 runs take. */
const MAX_WAITING_ROWS = 16 * MAX_ROWS;

interface Job {
  readonly feeds: TensorMap;
  readonly rows: number;
  readonly outputs: readonly string[];
  readonly resolve: (outputs: TensorMap) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One run for all requests that arrived in one turn of the event loop, or while the run before was under way. There is
 * no timer, so a lone request never waits for company.
 */
export class NaturalBatcher {
  readonly #servable: Servable;
  #waiting: Job[] = [];
  #waitingRows = 0;
  #busy = false;
  #rowwise: boolean;

  constructor(servable: Servable) {
    this.#servable = servable;
    this.#rowwise = servable.signature.rowwise;
  }

  /**
   * Feeds must fit the servable's signature: a request that does not would spoil its neighbours' run.
   *
   * @throws ServingError `unavailable` when too many wait or the model has died, `invalid` with the model's own words
   * when it cannot compute these values.
   */
  infer(feeds: TensorMap, outputs: readonly string[]): Promise<TensorMap> {
    const rows = rowsOf(feeds);
    const waiting = this.#waiting.length;
    if (waiting >= MAX_WAITING || this.#waitingRows >= MAX_WAITING_ROWS) {
      const wait = `${waiting} requests of ${this.#waitingRows} rows wait for this model already`;
      throw new ServingError('unavailable', `${wait}. Try again soon.`);
    }
    this.#waitingRows += rows;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ feeds, rows, outputs, resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      setImmediate(() => void this.#drain());
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#run(this.#takeBatch());
    this.#busy = false;
  }

  #takeBatch(): readonly Job[] {
    let rows = 0;
    const end = this.#waiting.findIndex((job, index) => {
      rows += job.rows;
      return index > 0 && (!this.#rowwise || rows > MAX_ROWS);
    });
    const batch = this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
    for (const job of batch) this.#waitingRows -= job.rows;
    return batch;
  }

  async #run(jobs: readonly Job[]): Promise<void> {
    const [first, ...others] = jobs;
    if (!first) return;
    if (others.length === 0) return this.#runAlone(first);
    const counts = jobs.map((job) => job.rows);
    const names = [...new Set(jobs.flatMap((job) => job.outputs))];
    try {
      const joined = joinRows(jobs.map((job) => job.feeds));
      const parts = splitRows(await this.#servable.run(joined, names), counts);
      if (parts) {
        jobs.forEach((job, index) => {
          job.resolve(parts[index] ?? {});
        });
        return;
      }
      // Other values than those it was tried with join its rows; it must see each request by itself from now on.
      this.#rowwise = false;
    } catch {
      // One request's values may be what the model cannot compute; alone, each gets its own answer or error.
    }
    for (const job of jobs) await this.#runAlone(job);
  }

  #refusal(error: unknown): ServingError {
    const why = error instanceof Error ? error.message : String(error);
    return this.#servable.alive
      ? new ServingError('invalid', `The model cannot compute these values: ${why}`)
      : new ServingError('unavailable', 'The model stopped and is being loaded again. Try again soon.');
  }

  async #runAlone(job: Job): Promise<void> {
    try {
      job.resolve(await this.#servable.run(job.feeds, job.outputs));
    } catch (error) {
      job.reject(this.#refusal(error));
    }
  }
}
