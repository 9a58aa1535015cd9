import { lstat, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readColumns } from '../../data/index.ts';
import { linearModelToOnnx, type Transform } from '../../inference/index.ts';
import { encodeModel } from '../../inference/onnx/onnx-file.ts';
import { createLocalTasks, type LocalTasks } from '../local-task.suite.ts';
import { importArtifactStep } from './import-artifact.ts';

const FLIGHTS = 'node_modules/vega-datasets/data/flights-3m.parquet';
const Flight = z.object({ date: z.iso.datetime(), delay: z.int(), origin: z.string(), gate: z.string().optional() });

let tasks: LocalTasks;
beforeAll(async () => {
  tasks = await createLocalTasks();
});
afterAll(() => tasks.remove());

/** As `importArtifact` of the DSL says it. */
function rowsOf(row: z.ZodType) {
  return z.toJSONSchema(row, { io: 'input' });
}

async function take(fields: { uri: string; artifact: string; row?: z.ZodType }) {
  const { row, ...given } = fields;
  const input = importArtifactStep.inputSchema.parse({ ...given, ...(row && { schema: rowsOf(row) }) });
  return (await importArtifactStep.handler({ input, task: await tasks.task('import') })).artifact;
}

async function write(name: string, text: string): Promise<string> {
  const uri = join(tasks.folder, name);
  await writeFile(uri, text);
  return uri;
}

/** A link would not do: a store keeps files only. */
async function expectFiles(uris: readonly string[]) {
  for (const uri of uris) expect((await lstat(fileURLToPath(uri))).isFile(), uri).toBe(true);
}

describe('importArtifact', () => {
  it('takes Parquet as it is, by path or URI', async () => {
    const byPath = await take({ uri: FLIGHTS, artifact: 'dataset', row: Flight });
    const byUri = await take({ uri: pathToFileURL(resolve(FLIGHTS)).href, artifact: 'dataset' });
    expect(byPath.metadata).toMatchObject({
      rows: 3_000_000,
      columns: expect.arrayContaining([{ name: 'date', type: 'TIMESTAMP' }]),
    });
    expect(byUri.digest).toBe(byPath.digest);
  });

  it('takes CSV and JSON lines as Parquet', async () => {
    const csv = join(tasks.folder, 'rows.csv');
    await writeFile(csv, 'name,delay\n"a, b",5\nc,\n');
    const lines = join(tasks.folder, 'rows.jsonl');
    await writeFile(lines, '{"name":"a, b","delay":5}\n{"name":"c","delay":null}\n');
    for (const uri of [csv, lines]) {
      const table = await take({
        uri,
        artifact: 'dataset',
        row: z.object({ name: z.string(), delay: z.number().nullable() }),
      });
      const path = await (await tasks.task('read')).read({ ...table, artifact: 'dataset' });
      const { columns } = await readColumns(path, { name: 'text', delay: 'number' });
      expect(columns.name.dictionary).toEqual(['a, b', 'c']);
      expect([...columns.delay.values]).toEqual([5, Number.NaN]);
    }
  });

  it.each([
    ['an empty file', 'none.csv', '', /none\.csv is empty: it has neither a header nor a row/],
    ['a header alone', 'header.csv', 'name,delay\n', /header\.csv has a header and no rows/],
    [
      'one bad cell',
      'cell.csv',
      `name,delay\na,5\nb,${'n/a '.repeat(20)}\nc,7\n`,
      /^Row 2 of .*cell\.csv has '(?:n\/a ){10}…' in column 'delay', where a number is due; 1 row of 3 is bad there\. Correct/,
    ],
    [
      'no known ending',
      'rows.txt',
      'name,delay\na,5\n',
      /rows\.txt has none of the endings \.csv, .*\.parquet, and is no/,
    ],
  ])('says of %s what is wrong and what to do', async (_, name, text, message) => {
    const uri = join(tasks.folder, name);
    await writeFile(uri, text);
    const row = z.object({ name: z.string(), delay: z.number() });
    await expect(take({ uri, artifact: 'dataset', row })).rejects.toThrow(message);
  });

  it('refuses tables whose columns are not those of the schema', async () => {
    await expect(take({ uri: FLIGHTS, artifact: 'dataset', row: z.object({ carrier: z.string() }) })).rejects.toThrow(
      `${resolve(FLIGHTS)} has no column 'carrier'. Its columns are: date, delay, distance, origin, destination.`,
    );
    await expect(take({ uri: FLIGHTS, artifact: 'dataset', row: z.object({ origin: z.number() }) })).rejects.toThrow(
      /'origin' of .* is VARCHAR, where the schema has a number\./,
    );
    await expect(
      take({ uri: FLIGHTS, artifact: 'dataset', row: z.object({ delay: z.string().nullable() }) }),
    ).rejects.toThrow(/'delay' of .* is BIGINT, where the schema has a text\./);
  });

  it('refuses columns that a strict schema has not', async () => {
    const uri = await write('strict.csv', 'name,delay\na,5\n');
    const strict = z.strictObject({ name: z.string() });
    await expect(take({ uri, artifact: 'dataset', row: strict })).rejects.toThrow(
      /strict\.csv has columns that its schema has not: delay\. Name them/,
    );
    await take({ uri, artifact: 'dataset', row: z.object({ name: z.string() }) });
  });

  it('refuses what is not there, what it cannot reach, and a model that is none', async () => {
    await expect(take({ uri: 'gone.parquet', artifact: 'dataset' })).rejects.toThrow(
      /nothing to import at \/.*\/gone\.parquet\. A relative path .* say \.meta\(\{ format: 'path' \}\) of the parameter/,
    );
    await expect(take({ uri: 'https://example.com/a.csv', artifact: 'dataset' })).rejects.toThrow(
      /reads file:\/\/ URIs and paths only/,
    );
    await expect(take({ uri: FLIGHTS, artifact: 'model' })).rejects.toThrow(/is not an ONNX file/);
  });

  it('takes any file as a file', async () => {
    const uri = join(tasks.folder, 'note.txt');
    await writeFile(uri, 'a note');
    expect(await take({ uri, artifact: 'file' })).toMatchObject({ artifact: 'file', size: 6 });
  });

  it('takes what a link points to: a file, a folder, and the files that links of a folder name', async () => {
    const from = join(tasks.folder, 'links');
    await mkdir(join(from, 'parts'), { recursive: true });
    await writeFile(join(from, 'note.txt'), 'a note');
    await symlink(resolve(FLIGHTS), join(from, 'latest.parquet'));
    await symlink('../latest.parquet', join(from, 'parts', 'one.parquet'));
    await symlink('parts', join(from, 'latest'));
    await symlink('note.txt', join(from, 'note'));
    const byLink = await take({ uri: join(from, 'latest.parquet'), artifact: 'dataset' });
    expect(byLink.digest).toBe((await take({ uri: FLIGHTS, artifact: 'dataset' })).digest);
    const folder = await take({ uri: join(from, 'latest'), artifact: 'dataset' });
    expect(folder.metadata).toMatchObject({ rows: 3_000_000 });
    const note = await take({ uri: join(from, 'note'), artifact: 'file' });
    await expectFiles([byLink.uri, note.uri, `${folder.uri}/one.parquet`]);
  });

  it('takes the model that a link points to, and one that a folder links to', async () => {
    const transform: Transform = {
      transform: 1,
      features: [{ op: 'calendar', name: 'hour', column: 'date', part: 'hour', cardinality: 24 }],
    };
    const real = join(tasks.folder, 'blob-1');
    await writeFile(real, encodeModel(linearModelToOnnx({ bias: 0.5, weights: [new Float32Array(24)] }, transform)));
    const folder = join(tasks.folder, 'linked-model');
    await mkdir(folder);
    await symlink(real, join(folder, 'model.onnx'));
    for (const uri of [join(folder, 'model.onnx'), folder]) {
      await expectFiles([`${(await take({ uri, artifact: 'model' })).uri}/model.onnx`]);
    }
  });
});
