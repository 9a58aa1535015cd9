import type { DuckDBConnection } from '@duckdb/node-api';
import {
  DataError,
  datasetFiles,
  expectColumns,
  identifier,
  literal,
  readSchema,
  reasonOf,
  scan,
  withDuckDB,
  writeParquet,
} from '../../data/index.ts';
import { type TableMetadata, tableMetadata } from '../dataset-metadata.ts';

/** Rows whose time is at or after `from` and before `to`, in ISO 8601 and UTC; null is no bound. */
export interface TimeRange {
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * Writes the rows of a time range, in their order, as one Parquet file.
 *
 * @throws DataError `missingColumn`, `columnType`, `sql` for a bound that is no time, `empty` when the range has no row.
 */
export async function sliceByTime(
  source: string,
  target: string,
  column: string,
  range: TimeRange,
): Promise<TableMetadata> {
  return withDuckDB(async (connection) => {
    expectColumns(source, await readSchema(connection, source), { [column]: 'time' });
    const table = scan(await datasetFiles(source));
    const conditions = [bound(column, '>=', range.from), bound(column, '<', range.to)].filter((part) => part !== null);
    const query = `SELECT * FROM ${table} WHERE ${conditions.join(' AND ') || 'true'}`;
    const written = await writeParquet(connection, query, target).catch((cause: unknown) => {
      throw badBound(range, cause);
    });
    if (written.rows === 0) throw await nothingIn(connection, source, table, column, range);
    return tableMetadata(written);
  });
}

function bound(column: string, operator: string, time: string | null): string | null {
  return time === null ? null : `${identifier(column)} ${operator} CAST(${literal(time)} AS TIMESTAMP)`;
}

function badBound({ from, to }: TimeRange, cause: unknown): DataError {
  return new DataError('sql', `A split from ${from} to ${to} cannot be made: ${reasonOf(cause)}`, { cause });
}

async function nothingIn(
  connection: DuckDBConnection,
  source: string,
  table: string,
  column: string,
  { from, to }: TimeRange,
): Promise<DataError> {
  const name = identifier(column);
  const answer = await connection.runAndReadAll(`SELECT min(${name})::VARCHAR, max(${name})::VARCHAR FROM ${table}`);
  const [first, last] = answer.getRows()[0] ?? [];
  const wanted = `${source} has no rows with '${column}' from ${from ?? 'the start'} to ${to ?? 'the end'}`;
  const cure = 'Move the bounds of the split into that range, or leave the part out.';
  return new DataError('empty', `${wanted}: it goes from ${first} to ${last}. ${cure}`);
}
