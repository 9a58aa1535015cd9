import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { SqlStatement } from '../sql/sql-statement.ts';

/** A process that was killed leaves its last mark behind; after this long nobody asks for it. */
const KEPT_MS = 24 * 60 * 60_000;
const KEY = 'write_marks_key';

/** A table of this driver's own: the number of the last transaction of each open store. */
export const CREATE_WRITE_MARKS: SqlStatement = {
  sql: `create table if not exists write_marks (session text collate "C" not null, number bigint not null,
    at bigint not null, constraint ${KEY} primary key (session, number))`,
  parameters: [],
};

/**
 * Each transaction leaves its number. Where the answer to a commit was lost, the transaction is sent again: if the first
 * has been made, its mark is there and refuses the second, which then changes nothing.
 */
export class WriteMarks {
  readonly #session = randomUUID();
  #number = 0;

  /** The statement that takes the next number, to be run with what it marks. */
  next(): SqlStatement {
    this.#number += 1;
    return {
      sql: `with earlier as (delete from write_marks where session = $1 and number < $2)
        insert into write_marks (session, number, at) values ($1, $2, $3)`,
      parameters: [this.#session, this.#number, Date.now()],
    };
  }

  /** Whether a transaction failed because its mark is there already. */
  isTaken(error: unknown): boolean {
    return error instanceof pg.DatabaseError && error.code === '23505' && error.constraint === KEY;
  }

  async remove(pool: pg.Pool): Promise<void> {
    await pool.query('delete from write_marks where session = $1 or at < $2', [this.#session, Date.now() - KEPT_MS]);
  }
}
