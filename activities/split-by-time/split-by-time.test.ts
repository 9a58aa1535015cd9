import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readColumns } from '../../data/index.ts';
import type { Dataset } from '../../dsl/artifact-types.ts';
import { compile, definePipeline, importArtifact } from '../../dsl/index.ts';
import { createLocalTasks, type LocalTasks } from '../local-task.suite.ts';
import { splitByTime, splitByTimeStep } from './split-by-time.ts';

const data: Dataset = {
  artifact: 'dataset',
  digest: 'sha256:0',
  uri: pathToFileURL(resolve('node_modules/vega-datasets/data/flights-3m.parquet')).href,
  size: 0,
  metadata: {},
};
let tasks: LocalTasks;
beforeAll(async () => {
  tasks = await createLocalTasks();
});
afterAll(() => tasks.remove());

describe('splitByTime', () => {
  it('puts each flight into one part, at the moment that is named', async () => {
    const input = splitByTimeStep.inputSchema.parse({
      data,
      column: 'date',
      holdoutFrom: '2001-01-01T06:00:00',
      scoreFrom: '2001-01-01 07:00:00',
      until: '2001-01-02',
    });
    const task = await tasks.task('split');
    const parts = await splitByTimeStep.handler({ input, task });
    const times = async (part: Dataset) => {
      const { columns } = await readColumns(await task.read(part), { date: 'time' });
      return [Number(columns.date.values[0]), Number(columns.date.values.at(-1))].map((micros) =>
        new Date(micros / 1000).toISOString(),
      );
    };
    const known = parts as { [K in keyof typeof parts]: Dataset };
    expect((await times(known.training))[1]).toBe('2001-01-01T05:59:00.000Z');
    expect(await times(known.holdout)).toEqual(['2001-01-01T06:00:00.000Z', '2001-01-01T06:59:00.000Z']);
    expect((await times(known.score))[0]).toBe('2001-01-01T07:00:00.000Z');
    expect((await times(known.score))[1]).toMatch(/^2001-01-01T23:5\d/);
  });

  it('makes two parts where nothing is to be scored, the second up to `until`', async () => {
    const input = splitByTimeStep.inputSchema.parse({
      data,
      column: 'date',
      holdoutFrom: '2001-06-30',
      until: '2001-07-01',
    });
    const task = await tasks.task('two');
    const { holdout, score } = await splitByTimeStep.handler({ input, task });
    expect(score).toBeNull();
    const { columns } = await readColumns(await task.read(holdout as Dataset), { date: 'time' });
    expect(new Date(Number(columns.date.values.at(-1)) / 1000).toISOString()).toMatch(/^2001-06-30T23:5/);
  });

  it('has an output `score` where it is asked for', () => {
    const pipeline = definePipeline({ name: 'split', params: z.object({}) }, () => {
      const rows = importArtifact({ uri: 'a.parquet', artifact: 'dataset' });
      const three = splitByTime({ data: rows, column: 'day', holdoutFrom: '2026-05-01', scoreFrom: '2026-06-01' });
      const two = splitByTime({ data: rows, column: 'day', holdoutFrom: '2026-05-01' }, { name: 'two' });
      // @ts-expect-error there is no third part
      two.score;
      return { june: three.score, may: two.holdout };
    });
    const [, three, two] = compile(pipeline).ir.body.nodes;
    expect(three).toMatchObject({ inputs: { scoreFrom: { value: '2026-06-01' } } });
    expect(two).not.toMatchObject({ inputs: { scoreFrom: {} } });
  });

  it.each([
    [{ column: 'delay' }, /'delay' of .* is BIGINT, the step expects a TIMESTAMP or DATE/],
    [{ holdoutFrom: 'in May' }, /cannot be made: .*in May/],
    [
      { scoreFrom: '2031-01-01' },
      /has no rows with 'date' from 2031-01-01 to the end: it goes from 2001-01-01 00:01:00 to 2001-07-01.* Move the bounds/,
    ],
  ])('says what is wrong with %j', async (change, message) => {
    const given = { data, column: 'date', holdoutFrom: '2001-01-01 06:00', scoreFrom: '2001-01-01 07:00', ...change };
    const input = splitByTimeStep.inputSchema.parse(given);
    await expect(splitByTimeStep.handler({ input, task: await tasks.task('bad') })).rejects.toThrow(message);
  });
});
