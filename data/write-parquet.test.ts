import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOfBytes } from '../ir/digest.ts';
import { scan } from './dataset-files.ts';
import { withDuckDB } from './duckdb.ts';
import { ROW_GROUP_ROWS, writeParquet } from './write-parquet.ts';

const FLIGHTS = scan(['node_modules/vega-datasets/data/flights-3m.parquet']);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-write-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function digestWith(threads: number, query: string): Promise<string> {
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) });
  const connection = await instance.connect();
  const path = join(folder, `threads-${threads}.parquet`);
  await writeParquet(connection, query, path);
  connection.closeSync();
  instance.closeSync();
  return digestOfBytes(await readFile(path));
}

describe('writeParquet', () => {
  it('writes the same bytes with any number of threads from two on', async () => {
    const query = `SELECT file_row_number AS id, date, origin, delay FROM ${FLIGHTS} WHERE delay < 60 AND file_row_number < 300000`;
    const digests = [await digestWith(2, query), await digestWith(3, query), await digestWith(8, query)];
    expect(new Set(digests).size).toBe(1);
    expect(await digestWith(2, query)).toBe(digests[0]);
    expect(await digestWith(2, query.replace('< 60', '< 61'))).not.toBe(digests[0]);
  });

  it('says what it wrote, in row groups of fixed size', async () => {
    const path = join(folder, 'rows.parquet');
    const answer = await withDuckDB(async (connection) => {
      const written = await writeParquet(connection, `SELECT origin, delay FROM ${FLIGHTS} LIMIT 150000`, path);
      const query = `SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata('${path}') ORDER BY 1`;
      return { written, groups: (await connection.runAndReadAll(query)).getRows().map(([, rows]) => Number(rows)) };
    });
    expect(answer.written).toEqual({
      rows: 150_000,
      columns: [
        { name: 'origin', type: 'VARCHAR' },
        { name: 'delay', type: 'BIGINT' },
      ],
    });
    expect(answer.groups.slice(0, -1).every((rows) => rows === ROW_GROUP_ROWS)).toBe(true);
    expect(answer.groups.reduce((sum, rows) => sum + rows)).toBe(150_000);
  });
});
