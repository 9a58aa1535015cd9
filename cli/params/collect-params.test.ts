import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliError } from '../cli-error.ts';
import { collectParams } from './collect-params.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    rows: { type: 'integer', default: 10 },
    label: { type: 'string' },
    source: { type: 'string', format: 'path', default: 'data/in.csv' },
  },
};
const given = (...assignments: string[]) => collectParams(SCHEMA, { assignments, file: undefined }, '/pipelines');

describe('parameters', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-params-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };

  it('are split at the first =, and typed by the schema', async () => {
    expect(await given('rows=5', 'label=a=b')).toMatchObject({ rows: 5, label: 'a=b' });
    expect(await given('label=')).toMatchObject({ label: '' });
  });

  it('that the schema does not know go on as text, for the API to refuse with the nearest name', async () => {
    expect(await given('row=5')).toMatchObject({ row: '5' });
  });

  it('without = are refused', async () => {
    await expect(given('rows')).rejects.toThrow(CliError);
    await expect(given('=5')).rejects.toThrow("'=5' gives no value to a parameter");
  });

  it('given twice are refused, for nobody can know which was meant', async () => {
    await expect(given('rows=5', 'label=x', 'rows=6')).rejects.toThrow("rows is given twice: '5' and '6'.");
    await expect(given('rows=5', 'rows=5')).rejects.toMatchObject({ exitCode: 2 });
  });

  it('of the format path become absolute: typed ones from here, defaults from the pipeline file', async () => {
    expect(await given()).toEqual({ source: '/pipelines/data/in.csv' });
    expect(await given('source=x.csv')).toEqual({ source: join(process.cwd(), 'x.csv') });
    expect(await given('source=s3://bucket/x.csv')).toEqual({ source: 's3://bucket/x.csv' });
  });

  it('come from a JSON or YAML file too, and single ones win', async () => {
    const json = await file('params.json', '{"rows": 1, "label": "from file"}');
    const yaml = await file('params.yaml', 'rows: 2\nlabel: from yaml\n');
    const read = (path: string, ...assignments: string[]) =>
      collectParams(SCHEMA, { assignments, file: path }, '/pipelines');
    expect(await read(json)).toMatchObject({ rows: 1, label: 'from file' });
    expect(await read(yaml, 'rows=3')).toMatchObject({ rows: 3, label: 'from yaml' });
  });

  it('in a file that cannot be used are refused by the file’s name', async () => {
    const read = (path: string) => collectParams(SCHEMA, { assignments: [], file: path }, '/pipelines');
    await expect(read(join(folder, 'none.json'))).rejects.toThrow(/There is no parameter file .*none\.json\./);
    await expect(read(folder)).rejects.toThrow(/cannot be read: it is a folder\./);
    await expect(read(await file('broken.json', '{'))).rejects.toThrow(/broken\.json is no JSON: /);
    await expect(read(await file('list.json', '[1]'))).rejects.toThrow(/has to hold an object/);
  });
});
