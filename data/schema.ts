import type { DuckDBConnection } from '@duckdb/node-api';
import { DataError, reasonOf } from './data-error.ts';
import { datasetFiles, scan } from './dataset-files.ts';

export interface ColumnSchema {
  readonly name: string;
  /** DuckDB's name of the type: `BIGINT`, `TIMESTAMP`, `DECIMAL(9,2)`. */
  readonly type: string;
}

/** What a column is read as; see `Column` for the arrays. */
export type ColumnKind = 'number' | 'time' | 'text';

const ACCEPTED: Readonly<Record<ColumnKind, RegExp>> = {
  number: /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|BOOLEAN|DECIMAL\(.*)$/,
  time: /^(TIMESTAMP|TIMESTAMP_(S|MS|NS)|TIMESTAMP WITH TIME ZONE|DATE)$/,
  text: /^(VARCHAR|ENUM\(.*|UUID)$/,
};
const EXPECTED: Readonly<Record<ColumnKind, string>> = {
  number: 'a number (BIGINT, DOUBLE, …)',
  time: 'a TIMESTAMP or DATE',
  text: 'VARCHAR',
};

/** The engine's own; a column of that name would hide it. */
const ROW_NUMBER = 'file_row_number';

/** The columns of a dataset. @throws DataError `unreadable` naming the file that is missing, damaged or not Parquet. */
export async function readSchema(connection: DuckDBConnection, path: string): Promise<readonly ColumnSchema[]> {
  const files = await datasetFiles(path);
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${scan(files)}`).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  const columns = described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
  if (!columns.some(({ name }) => name.toLowerCase() === ROW_NUMBER)) return columns;
  const message = `${path} has a column '${ROW_NUMBER}', by which rows are counted when tables are read: give it another name.`;
  throw new DataError('unreadable', message);
}

/**
 * Checks that the columns are there and can be read as asked for.
 *
 * @throws DataError `missingColumn` or `columnType`, naming file, column, what it is and what is due.
 */
export function expectColumns(
  path: string,
  schema: readonly ColumnSchema[],
  expected: Readonly<Record<string, ColumnKind>>,
): void {
  for (const [name, kind] of Object.entries(expected)) {
    const column = schema.find((candidate) => candidate.name === name);
    if (!column) {
      const known = schema.map((candidate) => candidate.name).join(', ');
      throw new DataError('missingColumn', `${path} has no column '${name}'. Its columns are: ${known}.`);
    }
    if (!ACCEPTED[kind].test(column.type)) {
      throw new DataError(
        'columnType',
        `Column '${name}' of ${path} is ${column.type}, the step expects ${EXPECTED[kind]}.`,
      );
    }
  }
}

export function unreadable(path: string, cause: unknown, format = 'Parquet'): DataError {
  const message = `${path} cannot be read as ${format}: ${reasonOf(cause)}. Is the file whole, and of that kind?`;
  return new DataError('unreadable', message, { cause });
}
