import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { withDuckDB, writeParquet } from '../../data/index.ts';
import type { JsonObject } from '../../ir/json.ts';
import { createLocalTasks, type LocalTasks } from '../local-task.suite.ts';
import { importTable } from './import-table.ts';

let tasks: LocalTasks;
beforeAll(async () => {
  tasks = await createLocalTasks();
});
afterAll(() => tasks.remove());

let imports = 0;
async function take(source: string, shape: z.core.$ZodLooseShape) {
  const schema = z.toJSONSchema(z.object(shape), { io: 'input' }) as JsonObject;
  return importTable(source, join(tasks.folder, `imported-${++imports}`), schema);
}

async function csv(text: string): Promise<string> {
  const path = join(tasks.folder, `rows-${++imports}.csv`);
  await writeFile(path, text);
  return path;
}

/** A Parquet file of one column `v`. */
async function parquet(values: string, path = join(tasks.folder, `rows-${++imports}.parquet`)): Promise<string> {
  await withDuckDB((connection) => writeParquet(connection, `SELECT v FROM (VALUES ${values}) AS t(v)`, path));
  return path;
}

const PEOPLE = 'age,plan,churned\n18,basic,0\n70,gold,1\n,plus,0\n';

describe('rows that a schema does not allow', () => {
  it.each<[string, string, z.core.$ZodLooseShape, RegExp]>([
    [
      'too small, with what else is wrong',
      PEOPLE,
      { age: z.number().min(1000).nullable(), plan: z.enum(['gold']), churned: z.int().max(0) },
      /^Row 1 of .*\.csv has '18' in column 'age', where 1000 or more is due; 2 rows of 3 are bad there\. There are bad rows in 'plan' \(2\), 'churned' \(1\) too\. Correct the file or the schema/,
    ],
    [
      'not of an enum',
      PEOPLE,
      { plan: z.enum(['gold', 'plus']) },
      /^Row 1 .*'basic' in column 'plan', where one of 'gold', 'plus' is due; 1 row of 3 is/,
    ],
    ['not a constant', PEOPLE, { plan: z.literal('gold') }, /where 'gold' is due; 2 rows/],
    [
      'missing',
      PEOPLE,
      { age: z.number() },
      /^Row 3 of .* has no value in column 'age', where a number is due; 1 row of 3 is bad there\. .* \.nullable\(\)/,
    ],
    ['not whole', 'n\n1\n2.5\n', { n: z.int() }, /^Row 2 .*'2\.5' in column 'n', where a whole number is due/],
    [
      'yes and no for a number',
      'n\nyes\nno\n',
      { n: z.number() },
      /^Row 1 .*'yes' in column 'n', where a number is due; 2 rows of 2/,
    ],
    [
      'a number for yes and no',
      'n\n1\n2\n',
      { n: z.boolean() },
      /^Row 2 .*'2' in column 'n', where true or false is due/,
    ],
    ['not below', 'n\n1\n2\n', { n: z.number().lt(2) }, /^Row 2 .*where less than 2 is due/],
    ['not above', 'n\n0.5\n0.25\n', { n: z.number().gt(0.25) }, /^Row 2 .*where more than 0\.25 is due/],
    [
      'too short',
      'n\nab\na\n',
      { n: z.string().min(2) },
      /^Row 2 .*'a' in column 'n', where a text of 2 characters or more is due/,
    ],
    ['too long', 'n\nab\nabcd\n', { n: z.string().max(3) }, /^Row 2 .*where a text of 3 characters or fewer is due/],
    [
      'of another pattern',
      'n\nA-1\nB2\n',
      { n: z.string().regex(/^[A-Z]-\d$/) },
      /^Row 2 .*'B2' in column 'n', where a text that matches \^\[A-Z\]-\\d\$ is due/,
    ],
    ['of another beginning or end', 'n\nab\nax\n', { n: z.string().startsWith('a').endsWith('b') }, /^Row 2 .*'ax'/],
    ['no time', 'n\n2026-05-01\nsoon\n', { n: z.iso.datetime() }, /^Row 2 .*'soon' in column 'n', where a time is due/],
    [
      'no date',
      'n\n2026-05-01 00:00:00\n2026-05-01 10:00:00\n',
      { n: z.iso.date() },
      /^Row 2 .*where a date with no time of day is due/,
    ],
    [
      'a time among dates',
      'n\n2026-05-01\n2026-05-01 10:00:00\n',
      { n: z.iso.date() },
      /^Row 2 .*'2026-05-01 10:00:00' in column 'n', where a date with no time of day is due/,
    ],
    ['more than a date', 'n\n2026-05-01\n2026-05-01 or so\n', { n: z.iso.date() }, /^Row 2 .*where a date/],
  ])('are named: %s', async (_, text, shape, message) => {
    await expect(take(await csv(text), shape)).rejects.toThrow(message);
  });

  it('are found in Parquet, where NaN is a value that is missing and infinity no number', async () => {
    const fractions = await parquet("(1.0::DOUBLE), ('NaN'::DOUBLE)");
    await expect(take(fractions, { v: z.number() })).rejects.toThrow(/^Row 2 .* 'nan' .*a number is due/);
    expect(await take(fractions, { v: z.int().nullable() })).toMatchObject({ rows: 2 });
    await expect(take(await parquet("(1.0::DOUBLE), ('inf'::DOUBLE)"), { v: z.number() })).rejects.toThrow(/^Row 2/);
    await expect(take(await parquet('(1.00), (2.50)'), { v: z.int() })).rejects.toThrow(/^Row 2 .* '2\.50'/);
    await expect(take(await parquet('(true), (false)'), { v: z.number() })).rejects.toThrow(
      /'v' of .* is BOOLEAN, where the schema has a number\./,
    );
  });

  it('are named by their file in a folder', async () => {
    const folder = join(tasks.folder, 'parts');
    await mkdir(folder);
    await parquet('(1), (2), (3)', join(folder, 'a.parquet'));
    await parquet('(4), (50), (6)', join(folder, 'b.parquet'));
    await expect(take(folder, { v: z.int().max(9) })).rejects.toThrow(
      /^Row 2 of .*parts\/b\.parquet has '50' in column 'v', where 9 or less is due; 1 row of 6 is/,
    );
  });

  it('are found where the first twenty thousand rows are good', async () => {
    const whole = Array.from({ length: 30_000 }, (_, index) => index).join('\n');
    await expect(take(await csv(`n\n${whole}\n1.5\n`), { n: z.int() })).rejects.toThrow(/^Row 30001 .*'1\.5'/);
    await expect(take(await csv(`n\n${whole}\nn/a\n`), { n: z.int() })).rejects.toThrow(/^Row 30001 .*'n\/a'/);
  });
});

describe('what a schema allows', () => {
  it('has texts stay texts, and cells that are empty be of any type', async () => {
    const source = await csv('zip,flag,note,day,other\n01234,1,,05/13/2026,"a, b"\n99999,0,,05/14/2026,c\n');
    const shape = {
      zip: z.string().regex(/^\d{5}$/),
      flag: z.boolean(),
      note: z.number().nullish(),
      day: z.iso.date(),
      gone: z.string().optional(),
    };
    expect((await take(source, shape)).columns).toEqual([
      { name: 'zip', type: 'VARCHAR' },
      { name: 'flag', type: 'BOOLEAN' },
      { name: 'note', type: 'DOUBLE' },
      { name: 'day', type: 'DATE' },
      { name: 'other', type: 'VARCHAR' },
    ]);
  });

  it('has dates stay dates, midnight and cells that are empty among them', async () => {
    const source = await csv('day,none\n2026-05-01,\n2026-05-02 00:00:00,\n,\n');
    expect((await take(source, { day: z.iso.date().nullable(), none: z.iso.date().nullable() })).columns).toEqual([
      { name: 'day', type: 'DATE' },
      { name: 'none', type: 'DATE' },
    ]);
  });

  it('says nothing of what it does not name', async () => {
    expect(await take(await csv(PEOPLE), { age: z.unknown() })).toMatchObject({ rows: 3 });
  });
});

describe('a schema that cannot be checked', () => {
  it('is refused before anything is read', async () => {
    await expect(take('/nowhere.csv', { n: z.string().regex(/^(?!x)/) })).rejects.toThrow(
      /^Column 'n' has a pattern in the schema that SQL cannot check: \^\(\?!x\) \(.*perl operator.*\)\. Say it without/,
    );
    await expect(take('/nowhere.csv', { n: z.number().multipleOf(5) })).rejects.toThrow(
      /^Column 'n' has a `multipleOf`/,
    );
  });
});
