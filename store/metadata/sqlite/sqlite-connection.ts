import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { MetadataError } from '../metadata-store.ts';
import { sqliteError } from './sqlite-error.ts';
import type {
  BatchOutcome,
  SqlStatement,
  StatementResult,
  ThreadReply,
  ThreadRequest,
  ThreadSettings,
} from './sqlite-messages.ts';

/** Batches that share a transaction at most, so that other processes get their turn. */
const BATCHES_A_TRANSACTION = 100;
/** Transactions are short; who waits longer than this waits for a process that hangs. */
const BUSY_TIMEOUT_MS = 30_000;

interface Waiting {
  readonly statements: readonly SqlStatement[];
  readonly resolve: (results: readonly StatementResult[]) => void;
  readonly reject: (error: Error) => void;
}

interface Asked {
  readonly resolve: (outcomes: readonly BatchOutcome[]) => void;
  readonly reject: (error: Error) => void;
}

/** A SQLite file behind a thread. Writes that wait at the same time share a transaction, and so its flush to disk. */
export class SqliteConnection {
  readonly #file: string;
  readonly #thread: Worker;
  readonly #asked = new Map<number, Asked>();
  #waiting: Waiting[] = [];
  #writing = false;
  #lastId = 0;
  #end: MetadataError | null = null;
  #closed: Promise<void> | null = null;

  private constructor(settings: ThreadSettings) {
    this.#file = settings.file;
    this.#thread = new Worker(new URL('./sqlite-thread.js', import.meta.url), { workerData: settings });
    this.#thread.on('message', (reply: ThreadReply) => this.#take(reply));
    this.#thread.on('error', (error) => this.#fail(`failed: ${error.message}`));
    this.#thread.on('exit', () => this.#fail('has ended'));
  }

  /** @throws MetadataError `unavailable` or `noSpace` when the file cannot be opened or made. */
  static async open(file: string, busyTimeoutMs = BUSY_TIMEOUT_MS): Promise<SqliteConnection> {
    const connection = new SqliteConnection({ file, busyTimeoutMs });
    const [outcome] = await new Promise<readonly BatchOutcome[]>((resolve, reject) =>
      connection.#asked.set(0, { resolve, reject }),
    );
    if (outcome?.ok === false) {
      await connection.#thread.terminate();
      throw sqliteError(file, outcome.failure);
    }
    connection.#rest();
    return connection;
  }

  async read(statement: SqlStatement): Promise<StatementResult> {
    const [outcome] = await this.#ask((id) => ({ id, kind: 'read', statement }));
    const [result] = this.#resultsOf(outcome);
    return result ?? { rows: [], changes: 0 };
  }

  /** Runs the statements in one transaction, all or none. */
  write(statements: readonly SqlStatement[]): Promise<readonly StatementResult[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ statements, resolve, reject });
      // Not at once: what else this turn of the event loop writes joins in.
      queueMicrotask(() => void this.#flush());
    });
  }

  /** Waits for what was asked before; what is asked later is refused. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.#end) return;
    // A query passes through a few promises on its way here; a turn of the event loop brings them all in.
    do await setImmediate();
    while (this.#asked.size > 0 || this.#waiting.length > 0);
    const closed = this.#ask((id) => ({ id, kind: 'close' }));
    this.#end = new MetadataError('unavailable', `The metadata file ${this.#file} was closed by this process.`);
    await closed;
    await this.#thread.terminate();
  }

  async #flush(): Promise<void> {
    if (this.#writing || this.#waiting.length === 0) return;
    this.#writing = true;
    const taken = this.#waiting.splice(0, BATCHES_A_TRANSACTION);
    try {
      const batches = taken.map((waiting) => waiting.statements);
      const outcomes = await this.#ask((id) => ({ id, kind: 'write', batches }));
      for (const [index, waiting] of taken.entries()) this.#settle(waiting, outcomes[index]);
    } catch (error) {
      for (const waiting of taken) waiting.reject(error as Error);
    }
    this.#writing = false;
    void this.#flush();
  }

  #settle(waiting: Waiting, outcome: BatchOutcome | undefined): void {
    try {
      waiting.resolve(this.#resultsOf(outcome));
    } catch (error) {
      waiting.reject(error as Error);
    }
  }

  #resultsOf(outcome: BatchOutcome | undefined): readonly StatementResult[] {
    if (!outcome) throw new MetadataError('unavailable', `The thread of ${this.#file} gave no answer.`);
    if (!outcome.ok) throw sqliteError(this.#file, outcome.failure);
    return outcome.results;
  }

  #ask(request: (id: number) => ThreadRequest): Promise<readonly BatchOutcome[]> {
    return new Promise((resolve, reject) => {
      if (this.#end) return reject(this.#end);
      this.#lastId += 1;
      this.#thread.postMessage(request(this.#lastId));
      this.#asked.set(this.#lastId, { resolve, reject });
      this.#thread.ref();
    });
  }

  #take(reply: ThreadReply): void {
    const asked = this.#asked.get(reply.id);
    this.#asked.delete(reply.id);
    this.#rest();
    asked?.resolve(reply.outcomes);
  }

  /** An idle store does not keep its process alive. */
  #rest(): void {
    if (this.#asked.size === 0) this.#thread.unref();
  }

  #fail(how: string): void {
    this.#end ??= new MetadataError(
      'unavailable',
      `The thread that holds the metadata file ${this.#file} ${how}. Restart this process.`,
    );
    for (const asked of this.#asked.values()) asked.reject(this.#end);
    this.#asked.clear();
  }
}
