import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { scan } from './dataset-files.ts';
import { withDuckDB } from './duckdb.ts';
import { readSchema } from './schema.ts';
import { writeParquet } from './write-parquet.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-schema-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('what is scanned and written again has the same columns, though rows know their number', () =>
  withDuckDB(async (connection) => {
    const [first, again] = [join(folder, 'first.parquet'), join(folder, 'again.parquet')];
    await writeParquet(connection, 'SELECT i FROM range(5) t(i)', first);
    await writeParquet(connection, `SELECT * FROM ${scan([first])} WHERE file_row_number >= 3`, again);
    expect(await readSchema(connection, again)).toEqual([{ name: 'i', type: 'BIGINT' }]);
    const rows = await connection.runAndReadAll(`SELECT file_row_number, i FROM ${scan([again])}`);
    expect(rows.getRows()).toEqual([
      [0n, 3n],
      [1n, 4n],
    ]);
  }));

it('a column that would hide the rows’ numbers is refused', () =>
  withDuckDB(async (connection) => {
    const own = join(folder, 'own.parquet');
    await writeParquet(connection, 'SELECT 7 AS file_row_number', own);
    await expect(readSchema(connection, own)).rejects.toThrow("has a column 'file_row_number'");
  }));
