import { setImmediate } from 'node:timers/promises';
import type pg from 'pg';
import { MetadataError } from '../metadata-store.ts';
import { type BatchResults, SharedWrites } from '../sql/shared-writes.ts';
import type { SqlStatement, StatementResult } from '../sql/sql-statement.ts';
import type { StatementConnection } from '../sql/statement-dialect.ts';
import { persevere } from './persevere.ts';
import { runTransaction, statementResult, toConfig } from './transaction.ts';
import { WriteMarks } from './write-marks.ts';

/** How long a server may be away before what waits for it fails. */
const PATIENCE_MS = 30_000;

type Batch = readonly SqlStatement[];

/**
 * One project in a PostgreSQL database. Its writes are serial over all processes, by a lock that each transaction takes
 * first, so that a statement sees what all before it did. What waits at the same time shares a transaction.
 */
export class PostgresConnection implements StatementConnection {
  readonly #name: string;
  readonly #pool: pg.Pool;
  readonly #lock: string;
  readonly #marks = new WriteMarks();
  readonly #writes = new SharedWrites((batches) => this.#writeAll(batches));
  readonly #asked = new Set<Promise<unknown>>();
  #patienceMs = 0;
  #isClosed = false;
  #closed: Promise<void> | null = null;

  /** @param name For people. */
  constructor(name: string, pool: pg.Pool, project: string) {
    this.#name = name;
    this.#pool = pool;
    this.#lock = `project/${project}`;
  }

  /** From here on the server is known to be there, and waited for when it goes away. */
  beginPatience(patienceMs = PATIENCE_MS): void {
    this.#patienceMs = patienceMs;
  }

  async read(statement: SqlStatement): Promise<StatementResult> {
    return this.#ask(() => this.#persevere(async () => statementResult(await this.#pool.query(toConfig(statement)))));
  }

  /** Runs the statements in one transaction, all or none, and once even if the answer to its commit is lost. */
  async write(statements: Batch): Promise<BatchResults> {
    return this.#ask(() => this.#writes.write(statements));
  }

  /** Runs statements that change the schema, while no other process changes it. They may be run twice. */
  async changeSchema(statements: Batch): Promise<void> {
    await this.#persevere(() => runTransaction(this.#pool, { lock: 'schema', mark: null, isLong: true, statements }));
  }

  /** Waits for what was asked before; what is asked later is refused. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    do {
      // A query passes through a few promises on its way here; a turn of the event loop brings them all in.
      await setImmediate();
      await Promise.allSettled(this.#asked);
    } while (this.#asked.size > 0);
    this.#isClosed = true;
    await this.#marks.remove(this.#pool).catch(() => undefined);
    await this.#pool.end();
  }

  async #ask<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) {
      throw new MetadataError('unavailable', `The metadata store ${this.#name} was closed by this process.`);
    }
    const asked = work();
    this.#asked.add(asked);
    try {
      return await asked;
    } finally {
      this.#asked.delete(asked);
    }
  }

  async #writeAll(batches: readonly Batch[]): Promise<readonly PromiseSettledResult<BatchResults>[]> {
    const [together] = await Promise.allSettled([this.#transact(batches.flat())]);
    if (together.status === 'fulfilled') return shares(batches, together.value);
    if (batches.length === 1 || together.reason instanceof MetadataError) return batches.map(() => together);
    // One that was refused has undone those beside it; by themselves, they stand.
    const outcomes: PromiseSettledResult<BatchResults>[] = [];
    for (const batch of batches) outcomes.push(...(await Promise.allSettled([this.#transact(batch)])));
    return outcomes;
  }

  #transact(statements: Batch): Promise<BatchResults> {
    const mark = this.#marks.next();
    let answered: BatchResults | null = null;
    const transaction = {
      ...{ lock: this.#lock, mark, isLong: false, statements },
      onAnswered: (results: BatchResults) => {
        answered = results;
      },
    };
    return this.#persevere(async () => {
      try {
        return await runTransaction(this.#pool, transaction);
      } catch (error) {
        if (answered !== null && this.#marks.isTaken(error)) return answered;
        throw error;
      }
    });
  }

  #persevere<T>(attempt: () => Promise<T>): Promise<T> {
    return persevere(this.#name, this.#patienceMs, attempt);
  }
}

/** To each batch the results of its own statements. */
function shares(batches: readonly Batch[], results: BatchResults): readonly PromiseSettledResult<BatchResults>[] {
  let end = 0;
  return batches.map(({ length }) => {
    end += length;
    return { status: 'fulfilled', value: results.slice(end - length, end) };
  });
}
