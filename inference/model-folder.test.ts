import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scan } from '../data/dataset-files.ts';
import { type Columns, readColumns, withDuckDB, writeParquet } from '../data/index.ts';
import { openBulkScorer } from './bulk-scorer.ts';
import { writeModel } from './model-folder.ts';
import { modelMetadata } from './model-metadata.ts';
import { linearModelToOnnx } from './models/linear-model.ts';
import { addFloats, addNode, createDraft, valueInfo } from './onnx/graph-draft.ts';
import { encodeModel, modelOf, parseOnnx } from './onnx/onnx-file.ts';
import type { OnnxModel } from './onnx/onnx-proto.ts';
import { floatsOf, openSession } from './onnx/session.ts';
import { expectInputs, readSignature } from './onnx/signature.ts';
import { readFeatures } from './read-features.ts';
import { fitTransform } from './transform/fit-transform.ts';
import type { Transform } from './transform/transform.ts';

let folder: string;
let rows: string;
let transform: Transform;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-model-'));
  rows = join(folder, 'flights.parquet');
  const query = `SELECT date, origin, distance FROM ${scan(['node_modules/vega-datasets/data/flights-3m.parquet'])}`;
  await withDuckDB((connection) => writeParquet(connection, `${query} LIMIT 20000`, rows));
  transform = await fitTransform(rows, [
    // So high that some airports are unknown.
    { op: 'category', column: 'origin', minCount: 100 },
    { op: 'scale', column: 'distance' },
    { op: 'calendar', column: 'date', part: 'minuteOfDay' },
    { op: 'cross', of: ['origin', 'date.minuteOfDay'] },
  ]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function linear(fitted: Transform): OnnxModel {
  const weights = fitted.features.map(({ cardinality }) =>
    Float32Array.from({ length: cardinality ?? 1 }, (_, code) => Math.sin(code + 1)),
  );
  return linearModelToOnnx({ bias: -0.5, weights }, fitted);
}

async function scoreOnline(model: string, { rows: count, columns }: Columns): Promise<Float32Array> {
  const session = await openSession(model);
  const { origin, distance, date } = columns;
  if (origin?.kind !== 'text' || distance?.kind !== 'number' || date?.kind !== 'time') throw new TypeError('columns');
  const texts = Array.from(origin.codes, (code) => origin.dictionary[code] ?? '');
  const feeds = {
    origin: new Tensor('string', texts, [count]),
    distance: new Tensor('float32', Float32Array.from(distance.values), [count]),
    date: new Tensor('int64', date.values, [count]),
  };
  return floatsOf(await session.run(feeds), 'probability');
}

function greatestDifference(left: Float32Array, right: Float32Array): number {
  expect(left.length).toBe(right.length);
  return left.reduce((greatest, value, index) => Math.max(greatest, Math.abs(value - (right[index] as number))), 0);
}

/** A classifier as scikit-learn exports it with zipmap off: labels, then [rows, 2] probabilities. */
function twoClassCore(width: number): OnnxModel {
  const draft = createDraft('');
  const weights = addFloats(
    draft,
    Float32Array.from({ length: width * 2 }, (_, index) => (index % 5) / 1000),
    [width, 2],
  );
  const logits = addNode(draft, 'MatMul', ['X', weights]);
  const label = addNode(draft, 'ArgMax', [logits], { axis: { int: 1 }, keepdims: { int: 0 } });
  const probabilities = addNode(draft, 'Softmax', [logits], { axis: { int: 1 } });
  return modelOf(draft, {
    name: 'classifier',
    input: [valueInfo('X', 'float32', ['N', width])],
    output: [valueInfo(label, 'int64', ['N']), valueInfo(probabilities, 'float32', ['N', 2])],
  });
}

describe('a model folder', () => {
  it('says the same of real rows in bulk and online, to a millionth', async () => {
    const model = join(folder, 'linear');
    await writeModel(model, transform, linear(transform));
    const scorer = await openBulkScorer(model);
    const batch = await readColumns(rows, scorer.inputs);
    const bulk = await scorer.score(batch);
    expect(greatestDifference(bulk, await scoreOnline(join(model, 'model.onnx'), batch))).toBeLessThan(1e-6);
    // Not because all are the same.
    expect(new Set(bulk).size).toBeGreaterThan(1000);
  });

  it('holds these files, whose bytes are the same each time, and the signature that its metadata states', async () => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    const signature = await writeModel(one, transform, linear(transform));
    await writeModel(two, transform, linear(transform));
    const files = (await readdir(one)).sort();
    expect(files).toEqual(['core.onnx', 'model.onnx', 'signature.json', 'transform.json']);
    for (const file of files) {
      expect((await readFile(join(one, file))).equals(await readFile(join(two, file)))).toBe(true);
    }
    expect(signature).toEqual({
      inputs: [
        { name: 'origin', type: 'string', shape: ['rows'] },
        { name: 'distance', type: 'float32', shape: ['rows'] },
        { name: 'date', type: 'int64', shape: ['rows'] },
      ],
      outputs: [{ name: 'probability', type: 'float32', shape: ['rows'] }],
      rowwise: true,
    });
    expect(modelMetadata(transform)).toEqual({ signature });
    expect({ ...(await readSignature(join(one, 'model.onnx'))), rowwise: true }).toEqual(signature);
    expect(JSON.parse(await readFile(join(one, 'signature.json'), 'utf8'))).toEqual(signature);
  });

  it('takes a classifier of two classes, and means the second', async () => {
    const model = join(folder, 'classifier');
    await writeModel(model, transform, twoClassCore(4));
    const scorer = await openBulkScorer(model);
    const batch = await readColumns(rows, scorer.inputs);
    const bulk = await scorer.score(batch);
    expect(greatestDifference(bulk, await scoreOnline(join(model, 'model.onnx'), batch))).toBeLessThan(1e-6);
    expect(new Set(bulk).size).toBeGreaterThan(100);
  });
});

describe('errors of models', () => {
  it('refuses a core that takes or gives something else, naming both', async () => {
    await expect(writeModel(join(folder, 'bad'), transform, twoClassCore(7))).rejects.toThrow(
      'takes X float32[N,7]; the transform gives float32[rows,4]',
    );
    const labels = twoClassCore(4);
    labels.graph.output.pop();
    await expect(writeModel(join(folder, 'bad'), transform, labels)).rejects.toMatchObject({
      kind: 'signature',
      message: expect.stringContaining('ArgMax_1 int64[N]; what is due is float32'),
    });
    const old = { ...twoClassCore(4), opsetImport: [{ domain: '', version: 11 }] };
    await expect(writeModel(join(folder, 'bad'), transform, old)).rejects.toThrow(/opset 11: export it with opset 13/);
  });

  it('refuses a raw column with the name of what a model gives', async () => {
    const odd: Transform = {
      transform: 1,
      features: [{ op: 'scale', name: 'p', column: 'probability', cardinality: null, mean: 0, factor: 1 }],
    };
    await expect(writeModel(join(folder, 'bad'), odd, linear(odd))).rejects.toThrow(/reads a column 'probability'/);
  });

  it('refuses weights that do not fit the features', () => {
    const weights = [new Float32Array(3), ...transform.features.slice(1).map(() => new Float32Array(1))];
    expect(() => linearModelToOnnx({ bias: 0, weights }, transform)).toThrow(
      /Feature 'origin' needs \d+ weights, .* has 3/,
    );
  });

  it.each([
    ['text', Buffer.from('{"not": "a model"}')],
    ['nothing', Buffer.alloc(0)],
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])],
  ])('says that %s is not an ONNX file', async (name, bytes) => {
    const path = join(folder, `${name}.onnx`);
    await writeFile(path, bytes);
    await expect(readSignature(path)).rejects.toMatchObject({
      kind: 'notOnnx',
      message: expect.stringContaining(`${path} is not an ONNX file`),
    });
    await expect(openSession(path)).rejects.toMatchObject({ kind: 'notOnnx' });
  });

  it('names the inputs that a model has and those that are due', async () => {
    const model = join(folder, 'named');
    const signature = await writeModel(model, transform, linear(transform));
    const due = [{ name: 'text', type: 'string' as const, shape: ['rows'] }];
    expect(() => expectInputs(signature, due, 'flight-delays v1')).toThrow(
      'flight-delays v1 takes origin string[rows], distance float32[rows], date int64[rows]; what is due is text string[rows].',
    );
    expect(() => expectInputs(signature, [...signature.inputs].reverse(), 'flight-delays v1')).not.toThrow();
  });

  it('says that a folder is no model', async () => {
    await expect(openBulkScorer(folder)).rejects.toMatchObject({ kind: 'notAModel' });
  });

  it('survives being read and written again, to the byte', async () => {
    const bytes = encodeModel(linear(transform));
    expect(Buffer.from(encodeModel(parseOnnx(bytes, 'it'))).equals(bytes)).toBe(true);
  });
});

describe('the example of a model', () => {
  it('is the first row of its training set, as signature.json and the metadata say it', async () => {
    const labelled = join(folder, 'labelled.parquet');
    const query = `SELECT date, origin, CASE WHEN file_row_number > 0 THEN distance END AS distance, 1 AS late FROM ${scan([rows])}`;
    await withDuckDB((connection) => writeParquet(connection, query, labelled));
    const { example } = await readFeatures(labelled, transform, 'late');
    const first = await readColumns(rows, { origin: 'text', date: 'time' }, { range: { from: 0, to: 1 } });
    const { origin, date } = first.columns;
    expect(example).toEqual({ origin: origin.dictionary[0], distance: null, date: Number(date.values[0]) });
    const model = join(folder, 'with-example');
    await writeModel(model, transform, linear(transform), example);
    expect(JSON.parse(await readFile(join(model, 'signature.json'), 'utf8'))).toMatchObject({ example });
    expect(modelMetadata(transform, example).signature).toMatchObject({ example });
  });
});
