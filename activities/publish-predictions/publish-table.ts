import { resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import {
  DataError,
  datasetFiles,
  identifier,
  literal,
  readSchema,
  reasonOf,
  scan,
  withDuckDB,
  withDuckDBFile,
} from '../../data/index.ts';

export interface Publication {
  /** A folder or file of Parquet. */
  readonly predictions: string;
  readonly digest: string;
  /** A DuckDB file; made when it is not there. */
  readonly database: string;
  readonly table: string;
  /** Rows that belong together and are replaced together. */
  readonly partition: string;
  readonly runId: string;
  readonly taskPath: string;
  readonly attempt: number;
}

export interface Published {
  readonly rows: number;
  /** False when this very content stood there already. */
  readonly changed: boolean;
}

/** Who published what, one line a partition; written in the transaction that publishes. */
const LEDGER = `CREATE TABLE IF NOT EXISTS millrace_publications (
  "table" VARCHAR, "partition" VARCHAR, digest VARCHAR, run_id VARCHAR, task_path VARCHAR, attempt INTEGER,
  rows BIGINT, published_at TIMESTAMP, PRIMARY KEY ("table", "partition"))`;

/**
 * Replaces a partition of a table in a DuckDB file by predictions, with the columns `partition`, `run_id` and
 * `published_at` added, in one transaction with the ledger's line. Again with the same content changes nothing.
 *
 * @throws DataError `unreadable` when another process holds the file, `columnType` when the table has other columns,
 *   `superseded` when a later attempt of this task has published.
 */
export async function publishTable(publication: Publication): Promise<Published> {
  return withDuckDBFile(resolve(publication.database), (connection) =>
    inTransaction(connection, () => replacePartition(connection, publication)),
  );
}

async function inTransaction<T>(connection: DuckDBConnection, body: () => Promise<T>): Promise<T> {
  await connection.run('BEGIN TRANSACTION');
  try {
    const result = await body();
    await connection.run('COMMIT');
    return result;
  } catch (error) {
    // The first error is the one to tell, even where the connection is lost and cannot roll back: the file does that.
    await connection.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function replacePartition(connection: DuckDBConnection, publication: Publication): Promise<Published> {
  await connection.run(LEDGER);
  const { predictions, digest, table, partition, runId, taskPath, attempt } = publication;
  const before = await ledgerLine(connection, table, partition);
  if (before?.runId === runId && before.taskPath === taskPath && before.attempt > attempt) {
    const message = `Attempt ${before.attempt} of ${taskPath} has published '${partition}' of ${table}; attempt ${attempt} comes too late.`;
    throw new DataError('superseded', message);
  }
  if (before?.digest === digest) return { rows: before.rows, changed: false };
  await checkNames(predictions);
  const rows = `SELECT ${literal(partition)} AS "partition", ${literal(runId)} AS run_id, now()::TIMESTAMP AS published_at,
    * EXCLUDE (file_row_number) FROM ${scan(await datasetFiles(predictions))}`;
  await connection.run(`CREATE TABLE IF NOT EXISTS ${identifier(table)} AS ${rows} LIMIT 0`);
  await connection.run(`DELETE FROM ${identifier(table)} WHERE "partition" = $1`, [partition]);
  const inserted = await connection
    .runAndReadAll(`INSERT INTO ${identifier(table)} BY NAME ${rows}`)
    .catch((cause: unknown) => {
      const message = `Table '${table}' of ${publication.database} has other columns: ${reasonOf(cause)}. Publish to a new table.`;
      throw new DataError('columnType', message, { cause });
    });
  const count = Number(inserted.getRows()[0]?.[0] ?? 0);
  await connection.run(
    'INSERT OR REPLACE INTO millrace_publications VALUES ($1, $2, $3, $4, $5, $6, $7, now()::TIMESTAMP)',
    [table, partition, digest, runId, taskPath, attempt, BigInt(count)],
  );
  return { rows: count, changed: true };
}

/** Columns that publishing adds. */
const ADDED = ['partition', 'run_id', 'published_at'];

async function checkNames(predictions: string): Promise<void> {
  const schema = await withDuckDB((connection) => readSchema(connection, predictions));
  const taken = schema.find(({ name }) => ADDED.includes(name.toLowerCase()));
  if (!taken) return;
  const message = `Column '${taken.name}' of the predictions has the name of one that publishing adds. Keep it under another name.`;
  throw new DataError('columnType', message);
}

async function ledgerLine(connection: DuckDBConnection, table: string, partition: string) {
  const answer = await connection.runAndReadAll(
    'SELECT digest, run_id, task_path, attempt, rows FROM millrace_publications WHERE "table" = $1 AND "partition" = $2',
    [table, partition],
  );
  const [line] = answer.getRows();
  if (!line) return null;
  const [digest, runId, taskPath, attempt, rows] = line;
  return { digest: String(digest), runId, taskPath, attempt: Number(attempt), rows: Number(rows) };
}
