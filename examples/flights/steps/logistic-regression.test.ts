import type { LinearModel, TrainingSet, Transform } from 'millrace/onnx';
import { describe, expect, it } from 'vitest';
import { trainLogisticRegression } from './logistic-regression.ts';

const transform: Transform = {
  transform: 1,
  features: [
    { op: 'category', name: 'origin', column: 'origin', cardinality: 3, vocabulary: ['A', 'B'] },
    { op: 'calendar', name: 'hour', column: 'date', part: 'hour', cardinality: 24 },
  ],
};

/** Late with a chance of 0.8 from B and of 0.2 from elsewhere, whatever the hour. */
function flights(rows: number): TrainingSet {
  const features = new Float32Array(rows * 2);
  const target = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    features[row * 2] = row % 3;
    features[row * 2 + 1] = Math.floor(row / 3) % 24;
    const isEarly = Math.floor(row / 72) % 5 > 0;
    target[row] = Number(row % 3 === 2 ? isEarly : !isEarly);
  }
  return { rows, width: 2, features, target, example: {} };
}

function chance(model: LinearModel, origin: number, hour: number): number {
  const logit = model.bias + (model.weights[0]?.[origin] ?? 0) + (model.weights[1]?.[hour] ?? 0);
  return 1 / (1 + Math.exp(-logit));
}

describe('trainLogisticRegression', () => {
  it('finds the chances behind the rows, and tells of its loss', async () => {
    const losses: number[] = [];
    const onEpoch = (_: number, loss: number) => {
      losses.push(loss);
    };
    const model = await trainLogisticRegression(flights(36_000), transform, {
      learningRate: 0.1,
      epochs: 3,
      seed: 1,
      onEpoch,
    });
    expect(chance(model, 2, 7)).toBeCloseTo(0.8, 1);
    expect(chance(model, 1, 7)).toBeCloseTo(0.2, 1);
    const best = -0.8 * Math.log(0.8) - 0.2 * Math.log(0.2);
    expect(losses).toHaveLength(3);
    expect(losses.at(-1)).toBeLessThan(best + 0.02);
  });

  it('gives the same weights for the same seed, others for another', async () => {
    const train = (seed: number) =>
      trainLogisticRegression(flights(7_200), transform, { learningRate: 0.1, epochs: 1, seed });
    expect(await train(1)).toEqual(await train(1));
    expect(await train(2)).not.toEqual(await train(1));
  });

  it('refuses a feature that is a measure', async () => {
    const measured: Transform = {
      transform: 1,
      features: [{ op: 'scale', name: 'distance', column: 'distance', cardinality: null, mean: 0, factor: 1 }],
    };
    const set = { rows: 1, width: 1, features: new Float32Array(1), target: new Float32Array(1), example: {} };
    await expect(trainLogisticRegression(set, measured, { learningRate: 0.1, epochs: 1, seed: 1 })).rejects.toThrow(
      "Feature 'distance' is a measure",
    );
  });

  it('ends when it is told to between epochs', async () => {
    const epochs: number[] = [];
    const onEpoch = (epoch: number) => {
      epochs.push(epoch);
      if (epoch === 2) throw new Error('cancelled');
    };
    const options = { learningRate: 0.1, epochs: 9, seed: 1, onEpoch };
    await expect(trainLogisticRegression(flights(720), transform, options)).rejects.toThrow('cancelled');
    expect(epochs).toEqual([1, 2]);
  });
});
