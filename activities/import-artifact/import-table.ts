import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DataError, pathLiteral, readSchema, unreadable, withDuckDB, writeParquet } from '../../data/index.ts';
import type { JsonObject } from '../../ir/json.ts';
import { type RowRules, RowSchemaError, rowRules } from '../../ir/row-schema.ts';
import { readTableMetadata, type TableMetadata, tableMetadata } from '../dataset-metadata.ts';
import { checkPatterns, checkRows } from './check-rows.ts';
import { csvReader } from './read-csv.ts';
import { copySource } from './source-path.ts';

interface Reader {
  readonly name: string;
  /** For people. */
  readonly format: string;
}

/** Readers of DuckDB by file ending; what has none here is taken to be Parquet. */
const CONVERTED: Readonly<Record<string, Reader>> = {
  '.csv': { name: 'read_csv', format: 'CSV' },
  '.tsv': { name: 'read_csv', format: 'CSV' },
  '.json': { name: 'read_json', format: 'JSON' },
  '.jsonl': { name: 'read_json', format: 'JSON lines' },
  '.ndjson': { name: 'read_json', format: 'JSON lines' },
};

/**
 * Takes a table in: Parquet (a file or a folder of files) as it is, CSV and JSON lines as Parquet.
 *
 * @param schema of its rows, each of which is checked
 * @throws DataError `unreadable`, `missingColumn`, `columnType`, `missingValue`, `schema`, naming the file.
 */
export async function importTable(source: string, target: string, schema: JsonObject | null): Promise<TableMetadata> {
  const rules = schema && rulesOf(schema);
  if (rules) await withDuckDB((connection) => checkPatterns(connection, rules));
  const reader = CONVERTED[extname(source).toLowerCase()];
  const { rows, columns } = reader ? await convert(source, target, reader, rules) : await parquetMetadata(source);
  const path = reader ? target : source;
  if (rules) await withDuckDB((connection) => checkRows(connection, { source, path, columns }, rules));
  if (!reader) await copySource(source, target);
  return { rows, columns };
}

/** The same that the pipeline was compiled with; what was made by other means is refused here, before it costs anything. */
function rulesOf(schema: JsonObject): RowRules {
  try {
    return rowRules(schema);
  } catch (cause) {
    throw cause instanceof RowSchemaError ? new DataError('schema', cause.message, { cause }) : cause;
  }
}

/** A file of another ending may well be a table, and no Parquet. */
async function parquetMetadata(source: string): Promise<TableMetadata> {
  const ending = extname(source).toLowerCase();
  if (ending === '.parquet' || (await stat(source)).isDirectory()) return readTableMetadata(source);
  return readTableMetadata(source).catch((cause: unknown) => {
    const known = [...Object.keys(CONVERTED), '.parquet'].join(', ');
    const said = `${source} has none of the endings ${known}, and is no Parquet file. Name it by what it holds.`;
    throw new DataError('unreadable', said, { cause });
  });
}

async function convert(
  source: string,
  target: string,
  { name, format }: Reader,
  rules: RowRules | null,
): Promise<TableMetadata> {
  if ((await stat(source)).size === 0) {
    throw new DataError('empty', `${source} is empty: it has neither a header nor a row. Write it again.`);
  }
  const write = async (connection: DuckDBConnection) => {
    const reader =
      name === 'read_csv'
        ? await csvReader(connection, source, rules)
        : `read_json(${pathLiteral(source)}, sample_size = -1)`;
    const written = await writeParquet(connection, `SELECT * FROM ${reader}`, target);
    return { ...tableMetadata(written), columns: await readSchema(connection, target) };
  };
  return withDuckDB(write).catch((cause: unknown) => {
    throw cause instanceof DataError ? cause : unreadable(source, cause, format);
  });
}
