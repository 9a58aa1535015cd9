import { copyFile, mkdir, mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TextColumn } from './column.ts';
import { scan } from './dataset-files.ts';
import { withDuckDB } from './duckdb.ts';
import { readColumns, streamColumns } from './read-columns.ts';
import { rowsOf } from './row-range.ts';
import { writeParquet } from './write-parquet.ts';

const FLIGHTS = 'node_modules/vega-datasets/data/flights-3m.parquet';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-read-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function table(name: string, query: string): Promise<string> {
  const path = join(folder, `${name}.parquet`);
  await withDuckDB((connection) => writeParquet(connection, query, path));
  return path;
}

function textsOf({ codes, dictionary }: TextColumn): (string | undefined)[] {
  return Array.from(codes, (code) => dictionary[code]);
}

describe('readColumns', () => {
  it('gives the same as SQL for a range of the flights that crosses row groups', async () => {
    const range = { from: 270_000, to: 280_000 };
    const { rows, columns } = await readColumns(FLIGHTS, { origin: 'text', date: 'time', delay: 'number' }, { range });
    const rowsInSql = await withDuckDB(async (connection) => {
      const query = `SELECT origin, epoch_us(date), delay FROM ${scan([FLIGHTS])}
        WHERE file_row_number BETWEEN ${range.from} AND ${range.to - 1} ORDER BY file_row_number`;
      return (await connection.runAndReadAll(query)).getRows();
    });
    expect(rows).toBe(10_000);
    expect(textsOf(columns.origin)).toEqual(rowsInSql.map(([origin]) => origin));
    expect([...columns.date.values]).toEqual(rowsInSql.map(([, date]) => date));
    expect([...columns.delay.values]).toEqual(rowsInSql.map(([, , delay]) => Number(delay)));
  });

  it('keeps the order of rows over all batches, though several threads read', async () => {
    const path = await table('numbered', 'SELECT range AS id FROM range(400000)');
    let next = 0;
    let batches = 0;
    for await (const { columns } of streamColumns(path, { id: 'number' }, { batchRows: 10_000 })) {
      for (const id of columns.id.values) if (id !== next++) expect.fail(`row ${next - 1} has id ${id}`);
      batches++;
    }
    expect(next).toBe(400_000);
    expect(batches).toBeGreaterThan(30);
  });

  it('tells texts apart whatever their length, and reads nulls as NaN and empty text', async () => {
    const texts = ['', 'a', 'é', 'twelve bytes', 'thirteen byte', 'thirteen bytf', 'x'.repeat(5000), '日本語', 'a'];
    const rows = texts.map((text, index) => `(${index}, '${text}')`).join(', ');
    const path = await table(
      'texts',
      `SELECT * FROM (VALUES ${rows}, (NULL, NULL)) AS t(number, text) ORDER BY number`,
    );
    const { columns } = await readColumns(path, { text: 'text', number: 'number' });
    expect(textsOf(columns.text)).toEqual([...texts, '']);
    expect(new Set(columns.text.dictionary).size).toBe(columns.text.dictionary.length);
    expect([...columns.number.values]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, Number.NaN]);
  });

  it('keeps thousands of texts apart', async () => {
    const path = await table('many', `SELECT 'k' || (range * 7919 % 20000) AS text FROM range(60000)`);
    const { columns } = await readColumns(path, { text: 'text' });
    expect(columns.text.dictionary.length).toBe(20_000);
    expect(textsOf(columns.text)).toEqual(Array.from({ length: 60_000 }, (_, row) => `k${(row * 7919) % 20_000}`));
  });

  it('reads a folder of files by name, and a range over their border', async () => {
    const parts = join(folder, 'parts');
    await mkdir(parts);
    await copyFile(await table('one', 'SELECT range AS id FROM range(3)'), join(parts, 'part-0.parquet'));
    await copyFile(await table('two', 'SELECT range + 3 AS id FROM range(4)'), join(parts, 'part-1.parquet'));
    expect(await rowsOf(parts)).toBe(7);
    expect([...(await readColumns(parts, { id: 'number' })).columns.id.values]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const { columns } = await readColumns(parts, { id: 'number' }, { range: { from: 2, to: 5 } });
    expect([...columns.id.values]).toEqual([2, 3, 4]);
  });

  it('takes hostile names literally, in columns and in paths', async () => {
    const odd = join(folder, `it's [a] "b"*?;--`);
    await mkdir(odd);
    await withDuckDB((c) => writeParquet(c, `SELECT 7 AS "it's ""x"";--"`, join(odd, 'x[1].parquet')));
    await copyFile(await table('decoy', `SELECT 8 AS "it's ""x"";--"`), join(odd, 'x1.parquet'));
    const { columns } = await readColumns(join(odd, 'x[1].parquet'), { 'it\'s "x";--': 'number' });
    expect([...(columns[`it's "x";--`]?.values ?? [])]).toEqual([7]);
  });
});

describe('errors of readColumns', () => {
  it('names file, column and types', async () => {
    const path = await table('typed', `SELECT 'late' AS delay, 1 AS "when"`);
    await expect(readColumns(path, { delay: 'number' })).rejects.toMatchObject({
      kind: 'columnType',
      message: `Column 'delay' of ${path} is VARCHAR, the step expects a number (BIGINT, DOUBLE, …).`,
    });
    await expect(readColumns(path, { when: 'time' })).rejects.toThrow(/'when' of .* is INTEGER, .* TIMESTAMP or DATE/);
    await expect(readColumns(path, { carrier: 'text' })).rejects.toMatchObject({
      kind: 'missingColumn',
      message: `${path} has no column 'carrier'. Its columns are: delay, when.`,
    });
  });

  it('refuses a null time, which nothing could stand for', async () => {
    const path = await table('nulls', `SELECT unnest([TIMESTAMP '2001-01-01', NULL]) AS date`);
    await expect(readColumns(path, { date: 'time' })).rejects.toMatchObject({ kind: 'missingValue' });
  });

  it('says which file is missing, is no Parquet, or is damaged', async () => {
    await expect(readColumns(join(folder, 'gone.parquet'), { a: 'text' })).rejects.toMatchObject({
      kind: 'unreadable',
    });
    const text = join(folder, 'text.parquet');
    await writeFile(text, 'not a table at all');
    await expect(readColumns(text, { a: 'text' })).rejects.toThrow(`${text} cannot be read as Parquet`);
    const cut = join(folder, 'cut.parquet');
    await copyFile(FLIGHTS, cut);
    await truncate(cut, 1_000_000);
    await expect(readColumns(cut, { origin: 'text' })).rejects.toMatchObject({ kind: 'unreadable' });
  });

  it('finds damage in the pages, behind a footer that is whole', async () => {
    const damaged = await table('damaged', 'SELECT range AS id FROM range(100000)');
    const file = await open(damaged, 'r+');
    await file.write(Buffer.alloc(64, 0xff), 0, 64, 4);
    await file.close();
    await expect(readColumns(damaged, { id: 'number' })).rejects.toMatchObject({ kind: 'unreadable' });
  });

  it('says that a table is empty, and that a range is not there', async () => {
    const path = await table('empty', 'SELECT 1 AS a LIMIT 0');
    await expect(readColumns(path, { a: 'number' })).rejects.toMatchObject({ kind: 'empty' });
    await expect(readColumns(path, { a: 'number' }, { range: { from: 0, to: 5 } })).rejects.toMatchObject({
      kind: 'incomplete',
      message: expect.stringContaining('has 0 rows; rows 0 to 5 were asked for'),
    });
  });
});
