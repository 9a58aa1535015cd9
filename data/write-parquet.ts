import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnSchema } from './schema.ts';
import { literal } from './sql.ts';

/** Rows of a row group, in every file that Millrace writes: part of what makes equal rows equal bytes. */
export const ROW_GROUP_ROWS = 122_880;

/**
 * A column of more values than this in a row group is written without a dictionary: finding out later costs more than
 * all else in writing. Names of airports, users' countries or codes of products fit; row numbers and times do not.
 */
const DICTIONARY_VALUES = 2_000;

export interface WrittenParquet {
  readonly rows: number;
  readonly columns: readonly ColumnSchema[];
}

const OPTIONS = [
  'FORMAT parquet',
  'COMPRESSION zstd',
  // Whole numbers as differences: half the bytes of a row number or time, in less time.
  'PARQUET_VERSION v2',
  `DICTIONARY_SIZE_LIMIT ${DICTIONARY_VALUES}`,
  `ROW_GROUP_SIZE ${ROW_GROUP_ROWS}`,
].join(', ');

/**
 * Writes what a query gives as one Parquet file (zstd, data pages of version 2, row groups of `ROW_GROUP_ROWS`), in the order of the query: equal
 * rows give equal bytes, whatever the number of threads. The query must fix its order, by ORDER BY or by scanning files.
 */
export async function writeParquet(connection: DuckDBConnection, query: string, path: string): Promise<WrittenParquet> {
  const described = await connection.runAndReadAll(`DESCRIBE ${query}`);
  const copied = await connection.runAndReadAll(`COPY (${query}) TO ${literal(path)} (${OPTIONS})`);
  return {
    rows: Number(copied.getRows()[0]?.[0] ?? 0),
    columns: described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) })),
  };
}
