import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withDuckDB } from '../../data/index.ts';
import { csvLayout } from './csv-layout.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-csv-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ROWS = Array.from(
  { length: 200 },
  (_, row) => `2026-01-${10 + (row % 20)},shop ${row % 3},${row * 1.5},${row % 2}`,
);
/** The layout of a file of 200 rows, whose row 20 is another: line 21. */
async function layoutWith(line: string | Buffer, header = 'day,shop,price,returned') {
  const path = join(folder, `${Math.random()}.csv`);
  const before = `${[header, ...ROWS.slice(0, 19)].join('\n')}\n`;
  await writeFile(
    path,
    Buffer.concat([Buffer.from(before), Buffer.from(line), Buffer.from(`\n${ROWS.slice(20).join('\n')}\n`)]),
  );
  return withDuckDB((connection) => csvLayout(connection, path));
}

describe('a CSV file', () => {
  it.each([
    ['more cells than the header', '2026-01-01,x,1,0,9,9', 'Line 21 of ', 'has 6 cells, and its header has 4'],
    ['fewer cells', '2026-01-01,x', 'Line 21 of ', 'has 2 cells, and its header has 4'],
    ['another separator', '2026-01-01;x;1;0', 'Line 21 of ', 'has 1 cell, and its header has 4'],
    ['a separator in a number', '2026-01-01,x,1,200.5,0', 'Line 21 of ', 'put a cell in quotes'],
    [
      'another encoding',
      Buffer.from('2026-01-01,K\u00f6ln,1,0', 'latin1'),
      'is not UTF-8, in line 21.',
      'iconv -f latin1',
    ],
  ])('with a line of %s is refused', async (_, line, ...fragments) => {
    const error = await layoutWith(line).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'unreadable' });
    for (const fragment of fragments) expect(String(error)).toContain(fragment);
  });

  it('may have a separator in quotes, and one column alone', async () => {
    expect([...(await layoutWith('2026-01-01,"x, y",1,0')).columns.keys()]).toEqual([
      'day',
      'shop',
      'price',
      'returned',
    ]);
    const alone = join(folder, 'alone.csv');
    await writeFile(alone, `"name, full"\n${'"Lovelace, Ada"\n'.repeat(50)}`);
    const { columns } = await withDuckDB((connection) => csvLayout(connection, alone));
    expect([...columns.keys()]).toEqual(['name, full']);
  });
});
