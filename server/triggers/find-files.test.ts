import { link, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBucket } from '../../store/artifacts/s3/bucket.ts';
import { NO_S3, onS3, useS3 } from '../../store/testing/s3-places.ts';
import { findFiles, findRows } from './find-files.ts';

const find = (path: string) => findFiles(path, AbortSignal.timeout(60_000));
const count = (path: string) => findRows(path, AbortSignal.timeout(60_000));
/** Three million rows. */
const FLIGHTS = resolve('node_modules/vega-datasets/data/flights-3m.parquet');

describe('files of a folder', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-files-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are counted where their names match, and folders are not', async () => {
    await mkdir(join(folder, 'part-x.csv'));
    for (const name of ['part-0.csv', 'part-1.csv', 'part-0.csv.tmp', '_SUCCESS'])
      await writeFile(join(folder, name), '');
    const found = ['part-*.csv', '_SUCCESS', 'part-*', '*0*s*', 'part-x.csv', 'nothing'];
    expect(await Promise.all(found.map((name) => find(join(folder, name))))).toEqual([2, 1, 3, 2, 0, 0]);
    expect([await find(join(folder, 'no', '*')), await find(join(folder, '_SUCCESS', '*'))]).toEqual([0, 0]);
  });

  it('have the rows that their ends say, and one that is not whole is told', async () => {
    for (const name of ['a.parquet', 'b.parquet']) await writeFile(join(folder, name), await readFile(FLIGHTS));
    expect(await count(join(folder, '*.parquet'))).toEqual({ files: 2, rows: 6_000_000 });
    expect(await count(join(folder, 'b.parquet'))).toEqual({ files: 1, rows: 3_000_000 });
    expect(await count(join(folder, 'no', '*.parquet'))).toEqual({ files: 0, rows: 0 });
    for (const size of [1_000_000, 3]) {
      await truncate(join(folder, 'b.parquet'), size);
      await expect(count(join(folder, '*.parquet'))).rejects.toThrow('The rows of b.parquet cannot be counted');
    }
  });

  it('that are too many to be read are refused', async () => {
    const first = join(folder, '0.parquet');
    await writeFile(first, await readFile(FLIGHTS));
    for (let at = 1; at < 1_000; at++) await link(first, join(folder, `${at}.parquet`));
    expect(await count(join(folder, '*.parquet'))).toEqual({ files: 1_000, rows: 3_000_000_000 });
    await link(first, join(folder, '1000.parquet'));
    await expect(count(join(folder, '*.parquet'))).rejects.toThrow('More than 1000 files match');
  });

  it('are found among more than are counted, and too many that match are refused', async () => {
    for (let at = 0; at < 10_001; at += 500) {
      await Promise.all(Array.from({ length: 500 }, (_, next) => writeFile(join(folder, `a-${at + next}`), '')));
    }
    await writeFile(join(folder, 'z.csv'), '');
    expect([await find(join(folder, '*.csv')), await find(join(folder, 'a-0'))]).toEqual([1, 1]);
    await expect(find(join(folder, 'a-*'))).rejects.toThrow(/More than 10000 files match .*a-\*: wait for a mark/);
  });
});

describe.skipIf(NO_S3 !== null)(`files of a bucket of ${onS3}`, () => {
  const s3 = useS3();

  it('are counted past the first page, and one that is named whole is found before what begins with it', async () => {
    const place = await s3.newPlace();
    const bucket = await openBucket({ place });
    const put = (key: string) =>
      bucket.client.send(new PutObjectCommand({ Bucket: place.bucket, Key: key, Body: 'x' }));
    for (let at = 0; at < 1_100; at += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, next) => put(`day/a-${at + next}.csv`)));
    }
    await Promise.all([put('day/a-1'), put('day/a-2/b.csv'), put('day/z.txt')]);
    bucket.close();
    const at = (name: string) => find(`s3://${place.bucket}/day/${name}?endpoint=${place.endpoint}&pathStyle=true`);
    expect([await at('*.csv'), await at('a-1'), await at('a-'), await at('*.txt')]).toEqual([1_100, 1, 0, 1]);
  });

  it('have the rows that their ends say, of which alone they are asked', async () => {
    const place = await s3.newPlace();
    const bucket = await openBucket({ place });
    const flights = await readFile(FLIGHTS);
    for (const [name, Body] of [
      ['a.parquet', flights],
      ['b.parquet', flights],
      ['c.parquet.tmp', 'x'],
    ] as const) {
      await bucket.client.send(new PutObjectCommand({ Bucket: place.bucket, Key: `day/${name}`, Body }));
    }
    bucket.close();
    const at = (name: string) => count(`s3://${place.bucket}/day/${name}?endpoint=${place.endpoint}&pathStyle=true`);
    expect([await at('*.parquet'), await at('b.parquet')]).toEqual([
      { files: 2, rows: 6_000_000 },
      { files: 1, rows: 3_000_000 },
    ]);
    await expect(at('*.tmp')).rejects.toThrow('The rows of c.parquet.tmp cannot be counted');
  });
});
