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
import {
  type Ledger,
  type LedgerKey,
  noteOwn,
  noteStanding,
  RESERVED_TABLES,
  readLedger,
} from './publication-ledger.ts';

export interface Publication extends LedgerKey {
  /** A folder or file of Parquet. */
  readonly predictions: string;
  readonly digest: string;
  /** A DuckDB file; made when it is not there. */
  readonly database: string;
  readonly attempt: number;
  /**
   * Rejects where the attempt may not publish any more. Asked last, while the file is held: who was stopped for long is told that
   * its run has ended, or that another took its place, and nobody publishes between the answer and the end.
   */
  readonly ask: () => Promise<void>;
}

export interface Published {
  readonly rows: number;
  /** False when this very content stood there already, or this task had published it and another's has replaced it. */
  readonly changed: boolean;
  /** The run whose rows have replaced these since an earlier delivery published them. */
  readonly replacedBy: string | null;
}

/**
 * Replaces a partition of a table in a DuckDB file by predictions, with the columns `partition`, `run_id` and
 * `published_at` added, in one transaction with the ledger's lines. Again with the same content changes nothing, where
 * its rows are still there; nor does a delivery of what this task has published once and another run has replaced since.
 *
 * @throws DataError `busy` when another process holds the file, `columnType` when the table has other columns,
 *   `superseded` when a later attempt of this task has ever published, `sql` for a table name that is taken; and what `ask` does.
 */
export async function publishTable(publication: Publication): Promise<Published> {
  refuseReserved(publication.table);
  return withDuckDBFile(resolve(publication.database), (connection) =>
    inTransaction(connection, async () => {
      const published = await replacePartition(connection, publication);
      await publication.ask();
      return published;
    }),
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

function refuseReserved(table: string): void {
  // DuckDB takes names for the same that differ by case.
  if (!RESERVED_TABLES.includes(table.toLowerCase())) return;
  const message = `Table '${table}' is where publishing keeps its ledger, so no predictions go there. Name another table.`;
  throw new DataError('sql', message);
}

async function replacePartition(connection: DuckDBConnection, publication: Publication): Promise<Published> {
  const { digest, attempt } = publication;
  const { standing, own } = await readLedger(connection, publication);
  refuseLate(publication, own);
  if (standing && standing.digest !== digest && own?.digest === digest) {
    await noteOwn(connection, publication, { digest, attempt, rows: own.rows });
    return { rows: own.rows, changed: false, replacedBy: standing.runId };
  }
  const source = await prepareTable(connection, publication);
  // Somebody may have dropped the table or deleted rows: only what is there counts as published.
  const same = standing?.digest === digest && standing.rows === (await countRows(connection, publication));
  const rows = same ? standing.rows : await replaceRows(connection, publication, source);
  await noteOwn(connection, publication, { digest, attempt, rows });
  if (!same) await noteStanding(connection, publication, { digest, attempt, rows });
  return { rows, changed: !same, replacedBy: null };
}

function refuseLate({ table, partition, taskPath, attempt }: Publication, own: Ledger['own']): void {
  if (!own || own.attempt <= attempt) return;
  const message = `Attempt ${own.attempt} of ${taskPath} has published '${partition}' of ${table}; attempt ${attempt} comes too late. It was replaced and changed nothing: start a new run to publish again.`;
  throw new DataError('superseded', message);
}

/** Makes the table where it is not there. Answers the query for the rows to publish. */
async function prepareTable(connection: DuckDBConnection, publication: Publication): Promise<string> {
  const { predictions, table, partition, runId } = publication;
  await checkNames(predictions);
  const rows = `SELECT ${literal(partition)} AS "partition", ${literal(runId)} AS run_id, now()::TIMESTAMP AS published_at,
    * FROM ${scan(await datasetFiles(predictions))}`;
  await connection.run(`CREATE TABLE IF NOT EXISTS ${identifier(table)} AS ${rows} LIMIT 0`);
  return rows;
}

async function countRows(connection: DuckDBConnection, publication: Publication): Promise<number> {
  const query = `SELECT count(*) FROM ${identifier(publication.table)} WHERE "partition" = $1`;
  const counted = await connection.runAndReadAll(query, [publication.partition]).catch(otherColumns(publication));
  return Number(counted.getRows()[0]?.[0] ?? 0);
}

async function replaceRows(connection: DuckDBConnection, publication: Publication, source: string): Promise<number> {
  const table = identifier(publication.table);
  const refuse = otherColumns(publication);
  await connection.run(`DELETE FROM ${table} WHERE "partition" = $1`, [publication.partition]).catch(refuse);
  const inserted = await connection.runAndReadAll(`INSERT INTO ${table} BY NAME ${source}`).catch(refuse);
  return Number(inserted.getRows()[0]?.[0] ?? 0);
}

function otherColumns({ table, database }: Publication): (cause: unknown) => never {
  return (cause) => {
    const message = `Table '${table}' of ${database} has other columns: ${reasonOf(cause)}. Publish to a new table.`;
    throw new DataError('columnType', message, { cause });
  };
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
