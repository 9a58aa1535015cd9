import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { MetadataError } from '../metadata-store.ts';
import { SharedWrites } from '../sql/shared-writes.ts';
import type { SqlStatement, StatementResult } from '../sql/sql-statement.ts';
import { sqliteError } from './sqlite-error.ts';
import type { BatchOutcome, ThreadReply, ThreadRequest, ThreadSettings } from './sqlite-messages.ts';

/** Transactions are short; who waits longer than this waits for a process that hangs. */
const BUSY_TIMEOUT_MS = 30_000;

interface Asked {
  readonly resolve: (outcomes: readonly BatchOutcome[]) => void;
  readonly reject: (error: Error) => void;
}

/** A SQLite file behind a thread. Writes that wait at the same time share a transaction, and so its flush to disk. */
export class SqliteConnection {
  readonly #file: string;
  readonly #thread: Worker;
  readonly #asked = new Map<number, Asked>();
  readonly #writes = new SharedWrites((batches) => this.#writeAll(batches));
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
    return this.#writes.write(statements);
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
    while (this.#asked.size > 0 || !this.#writes.isIdle);
    const closed = this.#ask((id) => ({ id, kind: 'close' }));
    this.#end = new MetadataError('unavailable', `The metadata file ${this.#file} was closed by this process.`);
    await closed;
    await this.#thread.terminate();
  }

  async #writeAll(batches: readonly (readonly SqlStatement[])[]) {
    const outcomes = await this.#ask((id) => ({ id, kind: 'write', batches }));
    return Promise.allSettled(batches.map(async (_, index) => this.#resultsOf(outcomes[index])));
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
