import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModel } from '../../inference/model-folder.ts';
import { linearModelToOnnx } from '../../inference/models/linear-model.ts';
import {
  addFloats,
  addInts,
  addNode,
  createDraft,
  type GraphDraft,
  valueInfo,
} from '../../inference/onnx/graph-draft.ts';
import { encodeModel, modelOf } from '../../inference/onnx/onnx-file.ts';
import type { Transform } from '../../inference/transform/transform.ts';
import {
  centringModel,
  echoModel,
  pickyModel,
  scoringModel,
  summingModel,
  writeModelFile,
} from '../testing/tiny-models.suite.ts';
import { readModelArtifact } from './model-artifact.ts';
import { openServedSession } from './onnx-session.ts';
import { warmUp } from './warm-up.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-warm-up-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function isRowwise(model: Uint8Array, example: Parameters<typeof warmUp>[1]['example'], saidRowwise = false) {
  const session = await openServedSession(await writeModelFile(join(folder, 'model.onnx'), model));
  try {
    return await warmUp(session, { example, saidRowwise });
  } finally {
    await session.close();
  }
}

function encode(draft: GraphDraft, shape: (string | number)[]): Uint8Array {
  const [input, output] = [[valueInfo('x', 'float32', shape)], [valueInfo('y', 'float32', shape)]];
  return encodeModel(modelOf(draft, { name: 'tiny', input, output }));
}

function identity(): GraphDraft {
  const draft = createDraft('n');
  draft.nodes.push({ input: ['x'], output: ['y'], name: 'y', opType: 'Identity', domain: '', attribute: [] });
  return draft;
}

/** A model of one column `x`, whose last node gives `y`. */
function modelOfColumn(build: (draft: GraphDraft) => void): Uint8Array {
  const draft = createDraft('n');
  build(draft);
  const last = draft.nodes.at(-1);
  if (last) last.output = ['y'];
  return encode(draft, ['rows']);
}

const running = modelOfColumn((draft) => addNode(draft, 'CumSum', ['x', addInts(draft, 0)]));
const counting = modelOfColumn((draft) => {
  const rows = addNode(draft, 'Cast', [addNode(draft, 'Shape', ['x'])], { to: { int: 1 } });
  addNode(draft, 'Mul', ['x', rows]);
});
/** Looks `x` up in three numbers: other codes cannot be computed. */
const lookingUp = modelOfColumn((draft) => {
  const code = addNode(draft, 'Cast', ['x'], { to: { int: 7 } });
  addNode(draft, 'Gather', [addFloats(draft, Float32Array.of(5, 6, 7), [3]), code]);
});
/** Says `x` when it is small, and the mean of all rows when that is large. */
const jumping = modelOfColumn((draft) => {
  const mean = addNode(draft, 'ReduceMean', ['x'], { axes: { ints: [0] }, keepdims: { int: 1 } });
  const isSmall = addNode(draft, 'Less', ['x', addFloats(draft, Float32Array.of(100), [1])]);
  addNode(draft, 'Where', [isSmall, 'x', mean]);
});

const ROW = { date: '978307200000000', origin: 'SFO', distance: 337.5 };

/** Gives rows of two times two numbers back. */
const squares = encode(identity(), ['rows', 2, 2]);

describe('whether rows may share a run', () => {
  it.each([
    ['one whose rows are independent', scoringModel(1), ROW],
    ['one whose number is missing', scoringModel(1), { ...ROW, distance: null }],
    ['one that looks codes up, and knows few', lookingUp, { x: 1 }],
    ['one that takes numbers as texts', pickyModel(), { text: '7' }],
    [
      'one of squares, as one row is nested',
      squares,
      {
        x: [
          [1, 2],
          [3, 4],
        ],
      },
    ],
    [
      'one of squares, as rows are nested',
      squares,
      {
        x: [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      },
    ],
    ['one of squares, flat', squares, { x: [1, 2, 3, 4] }],
    ['one of flags', echoModel(['bool', 'uint8', 'float64']), { bool: true, uint8: 255, float64: 0 }],
  ])('of %s: yes', async (_which, model, example) => {
    expect(await isRowwise(model, example)).toBe(true);
  });

  it.each([
    ['one that takes the mean of its rows away', centringModel(), { x: 5 }],
    ['one that sums its rows', summingModel(), { x: 5 }],
    ['one that sums the rows before', running, { x: 5 }],
    ['one that counts its rows', counting, { x: 5 }],
    ['one that does so for large numbers only', jumping, { x: 80 }],
  ])('of %s: no, whatever its maker says', async (_which, model, example) => {
    expect(await isRowwise(model, example)).toBe(false);
    expect(await isRowwise(model, example, true)).toBe(false);
  });

  it.each([
    ['without an example', scoringModel(1), null],
    ['without one, and that computes no blank row', pickyModel(), null],
    ['whose one number is missing', modelOfColumn((draft) => addNode(draft, 'Identity', ['x'])), { x: null }],
  ])('of one %s: as its maker says', async (_which, model, example) => {
    expect(await isRowwise(model, example)).toBe(false);
    expect(await isRowwise(model, example, true)).toBe(true);
  });

  it('of one whose shapes do not allow it: no, whatever its maker says', async () => {
    const fixed = encode(identity(), [1]);
    expect(await isRowwise(fixed, { x: 1 }, true)).toBe(false);
    expect(await isRowwise(fixed, null, true)).toBe(false);
  });

  it('of one that writeModel wrote: yes, with an example row or without', async () => {
    const transform: Transform = {
      transform: 1,
      features: [
        { op: 'scale', name: 'distance', column: 'distance', cardinality: null, mean: 700, factor: 0.01 },
        { op: 'calendar', name: 'hour', column: 'date', part: 'hour', cardinality: 24 },
      ],
    };
    const weights = [Float32Array.of(0.3), Float32Array.from({ length: 24 }, (_, hour) => Math.sin(hour))];
    const core = linearModelToOnnx({ bias: -0.5, weights }, transform);
    for (const example of [undefined, { distance: 1200, date: 978_307_200_000_000 }]) {
      await writeModel(join(folder, 'linear'), transform, core, example);
      const { modelPath, ...start } = await readModelArtifact(join(folder, 'linear'));
      expect(start).toEqual({ example: example ?? null, saidRowwise: true });
      expect(await warmUp(await openServedSession(modelPath), start)).toBe(true);
    }
  });
});
