import type { DuckDBConnection } from '@duckdb/node-api';
import { DataError } from './data-error.ts';
import { datasetFiles, scan } from './dataset-files.ts';
import { withDuckDB } from './duckdb.ts';
import { unreadable } from './schema.ts';
import { pathLiteral } from './sql.ts';

/** Rows `from` (inclusive) to `to` (exclusive), counted from 0 over all files of a dataset. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** A part of one file: its rows `from` to `to`. */
export interface FileSlice extends RowRange {
  readonly file: string;
  /** How many rows the files before it have. */
  readonly first: number;
}

/** How many rows a dataset has, from the files' footers. @throws DataError `unreadable`. */
export async function rowsOf(path: string): Promise<number> {
  const slices = await withDuckDB((connection) => slicesOf(connection, path));
  return slices.reduce((rows, slice) => rows + slice.to - slice.from, 0);
}

/**
 * The parts of files that a range of a dataset's rows lies in; all rows when no range is given. Empty parts are left out.
 *
 * @throws DataError `incomplete` when the dataset has fewer rows than the range names.
 */
export async function slicesOf(
  connection: DuckDBConnection,
  path: string,
  range?: RowRange,
): Promise<readonly FileSlice[]> {
  const slices: FileSlice[] = [];
  let first = 0;
  for (const file of await datasetFiles(path)) {
    const rows = await rowsInFooter(connection, file);
    const from = Math.max(0, (range?.from ?? 0) - first);
    const to = Math.min(rows, (range?.to ?? Number.POSITIVE_INFINITY) - first);
    if (from < to) slices.push({ file, from, to, first });
    first += rows;
  }
  if (range && range.to > first) {
    throw new DataError('incomplete', `${path} has ${first} rows; rows ${range.from} to ${range.to} were asked for.`);
  }
  return slices;
}

/** A part of a file as SQL's FROM and WHERE. */
export function scanSlice({ file, from, to }: FileSlice): string {
  return `${scan([file])} WHERE file_row_number >= ${from} AND file_row_number < ${to}`;
}

async function rowsInFooter(connection: DuckDBConnection, file: string): Promise<number> {
  const answer = await connection
    .runAndReadAll(`SELECT num_rows FROM parquet_file_metadata(${pathLiteral(file)})`)
    .catch((cause: unknown) => {
      throw unreadable(file, cause);
    });
  return Number(answer.getRows()[0]?.[0] ?? 0);
}
