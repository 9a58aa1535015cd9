import type pg from 'pg';
import type { BatchResults } from '../sql/shared-writes.ts';
import type { SqlStatement, StatementResult } from '../sql/sql-statement.ts';
import { isLost } from './postgres-error.ts';

export interface Transaction {
  /** Transactions with the same one are serial, over all connections. */
  readonly lock: string;
  /** Run before the statements, its result is not given. */
  readonly mark: SqlStatement | null;
  /** Changes of the schema may take longer than any statement else. */
  readonly isLong: boolean;
  readonly statements: readonly SqlStatement[];
  /** Called when all is done but the commit: from here on nobody can tell whether it was made, until its answer is there. */
  readonly onAnswered?: (results: BatchResults) => void;
}

/** Statements see what was committed before them; that nothing is committed between them is the lock's doing. */
const BEGIN: SqlStatement = { sql: 'begin isolation level read committed read write', parameters: [] };
const WITHOUT_LIMIT: SqlStatement = { sql: 'set local statement_timeout = 0', parameters: [] };
const CHANGES = ['INSERT', 'UPDATE', 'DELETE', 'MERGE'];
const A_DAY_MS = 24 * 60 * 60_000;

/**
 * Two round trips: one for the statements, which are sent together, and one for the commit. The lock is held until the
 * transaction is over on the server, however this process hears of it.
 *
 * @throws What `pg` throws of the first statement that failed.
 */
export async function runTransaction(pool: pg.Pool, transaction: Transaction): Promise<BatchResults> {
  const client = await pool.connect();
  try {
    const before = beforeOf(transaction);
    const results = await allOf(client, [...before, ...transaction.statements], transaction.isLong);
    const answers = results.slice(before.length).map(statementResult);
    transaction.onAnswered?.(answers);
    await client.query('commit');
    client.release();
    return answers;
  } catch (error) {
    client.release(isLost(error) || !(await isUndone(client)));
    throw error;
  }
}

export function toConfig({ sql, parameters }: SqlStatement): pg.QueryConfig {
  return { text: sql, values: parameters.map(toBound) };
}

export function statementResult({ rows, rowCount, command }: pg.QueryResult): StatementResult {
  return { rows, changes: CHANGES.includes(command) ? (rowCount ?? 0) : 0 };
}

function beforeOf({ lock, mark, isLong }: Transaction): readonly SqlStatement[] {
  // Two installations in two schemas of a database do not wait for each other.
  const name = sqlOfLock(lock);
  return [BEGIN, ...(isLong ? [WITHOUT_LIMIT] : []), name, ...(mark === null ? [] : [mark])];
}

function sqlOfLock(lock: string): SqlStatement {
  return {
    sql: `select pg_advisory_xact_lock(hashtextextended(concat('millrace/', current_schema(), '/', $1::text), 0))`,
    parameters: [lock],
  };
}

/** Sends all, then waits: what follows a statement that failed fails with it. */
async function allOf(client: pg.PoolClient, statements: readonly SqlStatement[], isLong: boolean) {
  const sent = statements.map((statement) =>
    client.query({ ...toConfig(statement), ...(isLong ? { query_timeout: A_DAY_MS } : {}) }),
  );
  const outcomes = await Promise.allSettled(sent);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

async function isUndone(client: pg.PoolClient): Promise<boolean> {
  return client.query('rollback').then(
    () => true,
    () => false,
  );
}

/** PostgreSQL's texts have no NUL; SQLite's driver keeps it as this, too. */
function toBound(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
}
