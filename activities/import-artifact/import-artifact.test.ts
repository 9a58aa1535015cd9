import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readColumns } from '../../data/index.ts';
import { createLocalTasks, type LocalTasks } from '../local-task.suite.ts';
import { importArtifactStep } from './import-artifact.ts';

const FLIGHTS = 'node_modules/vega-datasets/data/flights-3m.parquet';
const Flight = z.object({ date: z.iso.datetime(), delay: z.int(), origin: z.string(), gate: z.string().optional() });

let tasks: LocalTasks;
beforeAll(async () => {
  tasks = await createLocalTasks();
});
afterAll(() => tasks.remove());

async function take(fields: { uri: string; artifact: string; row?: z.ZodType }) {
  const { row, ...given } = fields;
  const input = importArtifactStep.inputSchema.parse({ ...given, ...(row && { schema: z.toJSONSchema(row) }) });
  return (await importArtifactStep.handler({ input, task: await tasks.task('import') })).artifact;
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

  it('refuses tables whose columns are not those of the schema', async () => {
    await expect(take({ uri: FLIGHTS, artifact: 'dataset', row: z.object({ carrier: z.string() }) })).rejects.toThrow(
      `${resolve(FLIGHTS)} has no column 'carrier'. Its columns are: date, delay, distance, origin, destination.`,
    );
    await expect(take({ uri: FLIGHTS, artifact: 'dataset', row: z.object({ origin: z.number() }) })).rejects.toThrow(
      /'origin' of .* is VARCHAR, the step expects a number/,
    );
    await expect(
      take({ uri: FLIGHTS, artifact: 'dataset', row: z.object({ delay: z.string().nullable() }) }),
    ).rejects.toThrow(/'delay' of .* is BIGINT, the step expects VARCHAR/);
  });

  it('refuses what is not there, what it cannot reach, and a model that is none', async () => {
    await expect(take({ uri: 'gone.parquet', artifact: 'dataset' })).rejects.toThrow(
      /nothing to import at \/.*\/gone\.parquet/,
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
});
