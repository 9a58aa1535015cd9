import { extname } from 'node:path';
import { pathLiteral, readSchema, unreadable, withDuckDB, writeParquet } from '../../data/index.ts';
import type { JsonObject } from '../../ir/json.ts';
import { readTableMetadata, type TableMetadata, tableMetadata } from '../dataset-metadata.ts';
import { checkRows } from './row-schema.ts';
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
 * @throws DataError `unreadable`, `missingColumn`, `columnType`, naming the file.
 */
export async function importTable(source: string, target: string, schema: JsonObject | null): Promise<TableMetadata> {
  const reader = CONVERTED[extname(source).toLowerCase()];
  const metadata = reader ? await convert(source, target, reader) : await readTableMetadata(source);
  if (schema) checkRows(source, metadata.columns, schema);
  if (!reader) await copySource(source, target);
  return metadata;
}

async function convert(source: string, target: string, reader: Reader): Promise<TableMetadata> {
  return withDuckDB(async (connection) => {
    const query = `SELECT * FROM ${reader.name}(${pathLiteral(source)})`;
    const written = await writeParquet(connection, query, target).catch((cause: unknown) => {
      throw unreadable(source, cause, reader.format);
    });
    return { ...tableMetadata(written), columns: await readSchema(connection, target) };
  });
}
