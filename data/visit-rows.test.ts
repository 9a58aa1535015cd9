import { copyFile, mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withDuckDB } from './duckdb.ts';
import { readColumns } from './read-columns.ts';
import { textCounts } from './text-counts.ts';
import { visitRows } from './visit-rows.ts';
import { writeParquet } from './write-parquet.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-visit-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function table(name: string, query: string): Promise<string> {
  const path = join(folder, `${name}.parquet`);
  await withDuckDB((connection) => writeParquet(connection, query, path));
  return path;
}

describe('visitRows', () => {
  it('shows each row of a range once, with its place over all files', async () => {
    const parts = join(folder, 'parts');
    await mkdir(parts);
    const query = (from: number) =>
      `SELECT range AS id, 'k' || range % 7 AS text FROM range(${from}, ${from + 300_000})`;
    await copyFile(await table('one', query(0)), join(parts, 'part-0.parquet'));
    await copyFile(await table('two', query(300_000)), join(parts, 'part-1.parquet'));
    const range = { from: 130_000, to: 450_001 };
    const seen = new Uint8Array(range.to);
    const visited = await visitRows(
      parts,
      { id: 'number', text: 'text' },
      ({ rows, firstRow, columns }) => {
        for (let row = 0; row < rows; row++) {
          const place = firstRow + row;
          seen[place] = (seen[place] ?? 0) + 1;
          if (columns.id.values[row] !== place) expect.fail(`row ${place} has id ${columns.id.values[row]}`);
          const text = columns.text.dictionary[columns.text.codes[row] ?? -1];
          if (text !== `k${place % 7}`) expect.fail(`row ${place} has text ${text}`);
        }
      },
      { range },
    );
    expect(visited).toBe(range.to - range.from);
    expect(seen.subarray(0, range.from).every((times) => times === 0)).toBe(true);
    expect(seen.subarray(range.from).every((times) => times === 1)).toBe(true);
  });

  it('ends with what the visitor throws, and with the reason of a signal', async () => {
    const path = await table('thrown', 'SELECT range AS id FROM range(300000)');
    const broken = new RangeError('broken');
    const fail = () => {
      throw broken;
    };
    await expect(visitRows(path, { id: 'number' }, fail)).rejects.toBe(broken);
    const controller = new AbortController();
    const stop = () => controller.abort(new Error('cancelled'));
    const visit = visitRows(path, { id: 'number' }, stop, { signal: controller.signal });
    await expect(visit).rejects.toThrow('cancelled');
    expect(await visitRows(path, { id: 'number' }, () => {})).toBe(300_000);
  });

  it('carries two visits at once', async () => {
    const path = await table('both', `SELECT 'a' || range % 5 AS text FROM range(300000)`);
    const count = async () => {
      let rows = 0;
      const zero = (dictionary: readonly string[]) => dictionary.indexOf('a0');
      await visitRows(path, { text: 'text' }, ({ columns: { text } }) => {
        for (const code of text.codes) rows += code === zero(text.dictionary) ? 1 : 0;
      });
      return rows;
    };
    expect(await Promise.all([count(), count()])).toEqual([60_000, 60_000]);
  });

  it('says which file is damaged behind a whole footer', async () => {
    const damaged = await table('damaged', 'SELECT hash(range) AS id FROM range(100000)');
    const file = await open(damaged, 'r+');
    await file.write(Buffer.alloc(64, 0xff), 0, 64, 4);
    await file.close();
    await expect(visitRows(damaged, { id: 'number' }, () => {})).rejects.toMatchObject({ kind: 'unreadable' });
  });
});

describe('texts that are null beside empty ones', () => {
  it('are both empty, and no other text is', async () => {
    const choice = `CASE range % 4 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN 'null' ELSE 'ABC' END`;
    const path = await table('nulls', `SELECT ${choice} AS text FROM range(200000)`);
    const { columns } = await readColumns(path, { text: 'text' });
    expect(columns.text.dictionary).toEqual(['', 'null', 'ABC']);
    expect([...columns.text.codes.subarray(0, 8)]).toEqual([0, 0, 1, 2, 0, 0, 1, 2]);
    const counts = (await textCounts(path, ['text'])).get('text');
    expect([...(counts ?? [])].sort()).toEqual([
      ['', 100_000],
      ['ABC', 50_000],
      ['null', 50_000],
    ]);
  });
});
