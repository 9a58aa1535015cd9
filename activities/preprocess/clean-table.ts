import type { DuckDBConnection } from '@duckdb/node-api';
import {
  type ColumnSchema,
  DataError,
  datasetFiles,
  identifier,
  readSchema,
  reasonOf,
  scan,
  withDuckDB,
  writeParquet,
} from '../../data/index.ts';
import { type TableMetadata, tableMetadata } from '../dataset-metadata.ts';

export interface Cleaning {
  /** By reason: an SQL condition of rows that are left out. A row counts for the first reason that holds. */
  readonly reject: Readonly<Record<string, string>>;
  /** By name: an SQL expression over the source's columns. All columns as they are when left out. */
  readonly columns?: Readonly<Record<string, string>> | undefined;
  /** The name of a column to add: the row's number in the source, from 0. */
  readonly rowId?: string | undefined;
}

export interface Cleaned extends TableMetadata {
  readonly rowsIn: number;
  readonly rejected: Readonly<Record<string, number>>;
}

/**
 * Writes the rows of a dataset that no rule rejects, in their order, as one Parquet file.
 *
 * @throws DataError `unreadable`, `sql` naming the rule or column whose SQL does not fit, `empty` when no row is left.
 */
export async function cleanTable(source: string, target: string, cleaning: Cleaning): Promise<Cleaned> {
  return withDuckDB(async (connection) => {
    checkRowId(source, await readSchema(connection, source), cleaning);
    const files = await datasetFiles(source);
    const table = cleaning.rowId
      ? numbered(files, cleaning.rowId)
      : `(SELECT * EXCLUDE (file_row_number) FROM ${scan(files)})`;
    await checkExpressions(connection, table, cleaning);
    const { rowsIn, rejected } = await countRejected(connection, table, cleaning.reject);
    const written = await writeParquet(connection, keptRows(table, cleaning), target);
    if (written.rows === 0) {
      const reasons = Object.entries(rejected).map(([reason, rows]) => `${reason}: ${rows}`);
      throw new DataError(
        'empty',
        `No row of ${source} is left of ${rowsIn}. Rejected: ${reasons.join(', ') || 'none'}.`,
      );
    }
    return { ...tableMetadata(written), rowsIn, rejected };
  });
}

function checkRowId(source: string, schema: readonly ColumnSchema[], { rowId, columns }: Cleaning): void {
  const taken = rowId !== undefined && (columns ? rowId in columns : schema.some(({ name }) => name === rowId));
  if (!taken) return;
  const owner = columns ? '`columns`' : source;
  throw new DataError('sql', `\`rowId\` is '${rowId}', but ${owner} has a column of that name: take another.`);
}

/** Row numbers are counted by file; those of a second file go on from the first. */
function numbered(files: readonly string[], rowId: string): string {
  const name = identifier(rowId);
  if (files.length === 1) return `(SELECT * RENAME (file_row_number AS ${name}) FROM ${scan(files)})`;
  return `(SELECT row_number() OVER () - 1 AS ${name}, * EXCLUDE (file_row_number) FROM ${scan(files)})`;
}

function keptRows(table: string, { columns, reject, rowId }: Cleaning): string {
  const id = rowId ? [identifier(rowId)] : [];
  const list = columns && Object.entries(columns).map(([name, sql]) => `(${sql}) AS ${identifier(name)}`);
  const conditions = Object.values(reject).map((sql) => `NOT coalesce((${sql}), false)`);
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
  return `SELECT ${list ? [...id, ...list].join(', ') : '*'} FROM ${table}${where}`;
}

async function countRejected(connection: DuckDBConnection, table: string, reject: Cleaning['reject']) {
  const reasons = Object.keys(reject);
  const cases = Object.values(reject).map((sql, index) => `WHEN (${sql}) THEN ${index}`);
  const reason = cases.length > 0 ? `CASE ${cases.join(' ')} ELSE -1 END` : '-1';
  const answer = await connection.runAndReadAll(`SELECT ${reason} AS reason, count(*) FROM ${table} GROUP BY reason`);
  const counts = new Map(answer.getRows().map(([index, rows]) => [Number(index), Number(rows)]));
  return {
    rowsIn: [...counts.values()].reduce((sum, rows) => sum + rows, 0),
    rejected: Object.fromEntries(reasons.map((name, index) => [name, counts.get(index) ?? 0])),
  };
}

/** Each piece of SQL by itself first, so that an error can say whose it is. */
async function checkExpressions(connection: DuckDBConnection, table: string, cleaning: Cleaning): Promise<void> {
  for (const [reason, sql] of Object.entries(cleaning.reject)) {
    await check(connection, `CAST((${sql}) AS BOOLEAN)`, table, `Rule '${reason}' is no SQL for these columns: ${sql}`);
  }
  for (const [name, sql] of Object.entries(cleaning.columns ?? {})) {
    await check(connection, sql, table, `Column '${name}' is no SQL for these columns: ${sql}`);
  }
}

async function check(connection: DuckDBConnection, sql: string, table: string, message: string): Promise<void> {
  await connection.runAndReadAll(`DESCRIBE SELECT (${sql}) FROM ${table}`).catch((cause: unknown) => {
    throw new DataError('sql', `${message} — ${reasonOf(cause)}`, { cause });
  });
}
