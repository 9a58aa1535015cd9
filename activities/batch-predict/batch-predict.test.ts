import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readColumns, scan, withDuckDB, writeParquet } from '../../data/index.ts';
import type { Dataset, Model, Predictions } from '../../dsl/artifact-types.ts';
import { compilePipeline, definePipeline, importArtifact } from '../../dsl/index.ts';
import { fitTransform, linearModelToOnnx, modelMetadata, openBulkScorer, writeModel } from '../../inference/index.ts';
import { createLocalTasks, type LocalTasks } from '../local-task.suite.ts';
import { batchPredict } from './batch-predict.ts';
import { joinPredictions } from './join-predictions.ts';
import { planChunks } from './plan-chunks.ts';
import { planPredictions } from './plan-predictions.ts';
import { predictRows } from './predict-rows.ts';

const ROWS = 150_000;
let tasks: LocalTasks;
let rows: Dataset;
let model: Model;

beforeAll(async () => {
  tasks = await createLocalTasks();
  const task = await tasks.task('source');
  rows = await task.write('dataset', async (path) => {
    const query = `SELECT file_row_number AS flight_id, date, origin, distance FROM ${scan(['node_modules/vega-datasets/data/flights-3m.parquet'])} LIMIT ${ROWS}`;
    await withDuckDB((connection) => writeParquet(connection, query, path));
  });
  const transform = await fitTransform(await task.read(rows), [
    { op: 'category', column: 'origin' },
    { op: 'calendar', column: 'date', part: 'minuteOfDay' },
    { op: 'scale', column: 'distance' },
  ]);
  const weights = transform.features.map(({ cardinality }) =>
    Float32Array.from({ length: cardinality ?? 1 }, (_, code) => Math.sin(code)),
  );
  const core = linearModelToOnnx({ bias: 0, weights }, transform);
  const write = async (path: string) => {
    await writeModel(path, transform, core);
  };
  model = await task.write('model', write, modelMetadata(transform));
});
afterAll(() => tasks.remove());

/** The pipeline as a run would do it, one task after the other. */
async function predict(fields: { keep?: string[]; chunkRows?: number; rows?: Dataset }): Promise<Predictions> {
  const { keep = null, chunkRows = 300_000, rows: table = rows } = fields;
  const planned = planPredictions.inputSchema.parse({ rows: table, chunkRows });
  const plan = await planPredictions.handler({ input: planned, task: await tasks.task('plan') });
  const parts: Predictions[] = [];
  for (const chunk of plan.chunks) {
    const input = predictRows.inputSchema.parse({ model, rows: table, chunk, keep });
    const output = await predictRows.handler({ input, task: await tasks.task('chunk') });
    parts.push(output.part as Predictions);
  }
  const input = joinPredictions.inputSchema.parse({ parts, rows: plan.rows });
  const { predictions } = await joinPredictions.handler({ input, task: await tasks.task('join') });
  return predictions as Predictions;
}

describe('batchPredict', () => {
  it('gives each row, in order, what the model says of it, over all chunks', async () => {
    const predictions = await predict({ keep: ['flight_id'], chunkRows: 40_000 });
    const task = await tasks.task('check');
    const scorer = await openBulkScorer(await task.read(model));
    const expected = await scorer.score(await readColumns(await task.read(rows), scorer.inputs));
    const kinds = { flight_id: 'number', probability: 'number', model: 'text' } as const;
    const { columns } = await readColumns(await task.read(predictions), kinds);
    expect([...columns.flight_id.values]).toEqual(Array.from({ length: ROWS }, (_, row) => row));
    expect(Float32Array.from(columns.probability.values)).toEqual(expected);
    expect(columns.model.dictionary).toEqual([model.digest]);
    expect(predictions.metadata).toEqual({
      rows: ROWS,
      columns: [
        { name: 'flight_id', type: 'BIGINT' },
        { name: 'probability', type: 'FLOAT' },
        { name: 'model', type: 'VARCHAR' },
      ],
    });
  });

  it('gives the same bytes again', async () => {
    const once = await predict({ chunkRows: 100_000 });
    expect((await predict({ chunkRows: 100_000 })).digest).toBe(once.digest);
    expect(once.metadata.columns).toHaveLength(6);
  });

  it('scores what another batchPredict gave, a folder of files', async () => {
    const first = await predict({ keep: ['origin', 'date', 'distance'], chunkRows: 60_000 });
    const renamed: Dataset = { ...first, artifact: 'dataset' };
    await expect(predict({ rows: renamed })).rejects.toThrow(
      /'probability' of .* has the name of one that a prediction adds/,
    );
    const second = await predict({ rows: renamed, keep: ['origin'], chunkRows: 50_000 });
    expect(second.metadata.rows).toBe(ROWS);
  });

  it('says which column a model or a caller misses', async () => {
    await expect(predict({ keep: ['gate'] })).rejects.toThrow(
      /no column 'gate' to keep\. Its columns are: flight_id, date/,
    );
    const raw: Dataset = {
      ...rows,
      metadata: {},
      uri: pathToFileURL(resolve('node_modules/vega-datasets/data/annual-precip.json')).href,
    };
    await expect(predict({ rows: raw })).rejects.toThrow(/cannot be read as Parquet/);
    const task = await tasks.task('other');
    const other = await task.write('dataset', async (path) => {
      await withDuckDB((connection) =>
        writeParquet(connection, "SELECT 'ORD' AS origin, 5 AS date, 1 AS distance", path),
      );
    });
    await expect(predict({ rows: other })).rejects.toThrow(
      /'date' of .* is INTEGER, the step expects a TIMESTAMP or DATE/,
    );
    const empty = await task.write('dataset', async (path) => {
      await withDuckDB((connection) => writeParquet(connection, 'SELECT 1 AS id LIMIT 0', path));
    });
    await expect(predict({ rows: empty })).rejects.toThrow(/no rows to predict/);
  });

  it('finds a part that is missing', async () => {
    const part = await predict({ keep: [] });
    const task = await tasks.task('join');
    const file: Predictions = { ...part, uri: pathToFileURL(`${await task.read(part)}/part-00000.parquet`).href };
    const input = joinPredictions.inputSchema.parse({ parts: [file, file], rows: 3 * ROWS });
    await expect(joinPredictions.handler({ input, task })).rejects.toMatchObject({
      kind: 'incomplete',
      message: 'The chunks hold 300000 rows, 450000 were planned.',
    });
  });

  it('compiles as a call of a pipeline', () => {
    const pipeline = definePipeline({ name: 'caller' }, () => {
      const flights = importArtifact({ uri: 'flights.parquet', artifact: 'dataset' });
      const { predictions } = batchPredict({
        model: importArtifact({ uri: 'm.onnx', artifact: 'model' }, { name: 'm' }),
        rows: flights,
      });
      return { predictions };
    });
    const ir = compilePipeline(pipeline);
    expect(ir.pipelines.batchPredict?.body.nodes.map(({ kind, name }) => [kind, name])).toEqual([
      ['task', 'planPredictions'],
      ['fanOut', 'chunks'],
      ['task', 'joinPredictions'],
    ]);
  });
});

describe('planChunks', () => {
  it('covers all rows once, in chunks no larger than asked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 1, max: 3_000 }), (count, limit) => {
        const chunks = planChunks(count, limit);
        expect(chunks.every(({ from, to }) => from < to && to - from <= limit)).toBe(true);
        expect(chunks.map(({ from }) => from)).toEqual([0, ...chunks.map(({ to }) => to)].slice(0, chunks.length));
        expect(chunks.at(-1)?.to ?? 0).toBe(count);
      }),
    );
  });
});
