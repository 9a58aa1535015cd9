import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scan } from './dataset-files.ts';
import { withClosedDuckDB, withDuckDB } from './duckdb.ts';
import { literal } from './sql.ts';
import { writeParquet } from './write-parquet.ts';

/** A file of the folder, in SQL. */
const quoted = (name: string) => literal(join(folder, name));

let folder = '';
let rows = '';
beforeAll(async () => {
  // Its name would be a pattern to a reader of files.
  folder = join(await mkdtemp(join(tmpdir(), 'millrace-duckdb-')), "it's [1]*");
  await mkdir(folder);
  rows = join(folder, 'rows.parquet');
  await writeFile(join(folder, 'other.csv'), 'a\n1\n');
  await withDuckDB((connection) => writeParquet(connection, 'SELECT range AS n FROM range(10)', rows));
});
afterAll(() => rm(join(folder, '..'), { recursive: true, force: true }));

describe('a closed engine', () => {
  it('reads and writes the files that it is given, as an open one does', async () => {
    const [closed, open] = [join(folder, 'closed.parquet'), join(folder, 'open.parquet')];
    const query = `SELECT n, TIMESTAMPTZ '2001-01-01 12:00:00+02' AS at FROM ${scan([rows])}`;
    const written = await withClosedDuckDB([rows, closed], (connection) => writeParquet(connection, query, closed));
    expect(written.rows).toBe(10);
    await withDuckDB(async (connection) => {
      await writeParquet(connection, query, open);
    });
    expect(await readFile(closed)).toEqual(await readFile(open));
  });

  it.each([
    ['another file', () => `FROM read_csv(${quoted('other.csv')})`, 'Permission Error'],
    ['a file as a table', () => `FROM ${quoted('other.csv')}`, 'Permission Error'],
    ['the network', () => "FROM read_csv('http://127.0.0.1:9/x.csv')", 'Permission Error'],
    ['an extension', () => 'LOAD httpfs', 'Permission Error'],
    ['another database', () => "ATTACH '/tmp/other.db'", 'Permission Error'],
    ['a file to write', () => "COPY (SELECT 1) TO '/tmp/other.csv'", 'Permission Error'],
    ['its own limits', () => "SET GLOBAL allowed_paths = ['/etc/passwd']", 'has been locked'],
    ['its own door', () => 'SET GLOBAL enable_external_access = true', /locked|Cannot change/],
    ['the environment', () => "SELECT getenv('HOME')", 'does not exist'],
  ])('does not reach %s', async (_what, statement, refusal) => {
    await withClosedDuckDB([rows], async (connection) => {
      await expect(connection.runAndReadAll(statement())).rejects.toThrow(refusal);
    });
  });
});

describe('any engine', () => {
  it('takes times to be in UTC, whatever the zone of its machine', async () => {
    const query = "SELECT CAST(TIMESTAMPTZ '2001-07-01 12:00:00+02' AS VARCHAR), current_setting('TimeZone')";
    for (const open of [withDuckDB, <T>(use: Parameters<typeof withDuckDB<T>>[0]) => withClosedDuckDB([], use)]) {
      const [row] = await open(async (connection) => (await connection.runAndReadAll(query)).getRows());
      expect(row).toEqual(['2001-07-01 10:00:00+00', 'UTC']);
    }
  });
});
