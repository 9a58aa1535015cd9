import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { DataError, pathLiteral, readSchema, unreadable, withDuckDB, writeParquet } from '../../data/index.ts';
import type { JsonObject } from '../../ir/json.ts';
import { readTableMetadata, type TableMetadata, tableMetadata } from '../dataset-metadata.ts';
import { checkRows, columnKinds } from './row-schema.ts';
import { copySource } from './source-path.ts';
import { refuseTextCells } from './text-cells.ts';

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
  const metadata = reader ? await convert(source, target, reader) : await parquetMetadata(source);
  if (schema && reader?.format === 'CSV') await refuseTextCells(source, metadata, columnKinds(schema));
  if (schema) checkRows(source, metadata.columns, schema);
  if (!reader) await copySource(source, target);
  return metadata;
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

async function convert(source: string, target: string, reader: Reader): Promise<TableMetadata> {
  if ((await stat(source)).size === 0) {
    throw new DataError('empty', `${source} is empty: it has neither a header nor a row. Write it again.`);
  }
  return withDuckDB(async (connection) => {
    const query = `SELECT * FROM ${reader.name}(${pathLiteral(source)})`;
    const written = await writeParquet(connection, query, target).catch((cause: unknown) => {
      throw unreadable(source, cause, reader.format);
    });
    return { ...tableMetadata(written), columns: await readSchema(connection, target) };
  });
}
