import { addFloats, addNode } from '../onnx/graph-draft.ts';
import type { FeatureBase } from './feature.ts';
import { columnOf, type Operator } from './operator.ts';

/** A number less its mean, by its standard deviation. A missing one counts as the mean, so it becomes 0. */
export interface ScaleSpec {
  readonly op: 'scale';
  readonly column: string;
  /** The column's name when left out. */
  readonly name?: string;
}

export interface ScaleFeature extends FeatureBase {
  readonly op: 'scale';
  readonly column: string;
  readonly cardinality: null;
  /** float32 values, as is `factor`: one over the standard deviation, 1 for a column that does not vary. */
  readonly mean: number;
  readonly factor: number;
}

export const scale: Operator<ScaleSpec, ScaleFeature> = {
  fitColumns: (spec) => ({ [spec.column]: 'number' }),
  inputs: (feature) => ({ [feature.column]: 'number' }),

  analyser(spec) {
    // Mean and squared distances by batches: Chan, Golub, LeVeque, "Updating formulae", 1979.
    let count = 0;
    let mean = 0;
    let squares = 0;
    return {
      observe(batch) {
        const part = momentsOf(columnOf(batch, spec.column, 'number').values);
        if (part.count === 0) return;
        const total = count + part.count;
        const apart = part.mean - mean;
        mean += (apart * part.count) / total;
        squares += part.squares + (apart * apart * count * part.count) / total;
        count = total;
      },
      finish() {
        const deviation = Math.sqrt(squares / Math.max(1, count));
        const factor = Math.fround(deviation > 0 ? 1 / deviation : 1);
        const { op, column, name = column } = spec;
        return { op, name, column, cardinality: null, mean: Math.fround(mean), factor };
      },
    };
  },

  kernel({ column, mean, factor }) {
    return (batch, matrix, width, index) => {
      const { values } = columnOf(batch, column, 'number');
      for (let row = 0, at = index; row < values.length; row++, at += width) {
        const value = Math.fround(values[row] as number);
        // Rounded after each operation, as float32 arithmetic does.
        matrix[at] = Number.isNaN(value) ? 0 : Math.fround(value - mean) * factor;
      }
    };
  },

  lower({ column, mean, factor }, draft, values) {
    const value = values.input(column);
    const missing = addNode(draft, 'IsNaN', [value]);
    const centred = addNode(draft, 'Sub', [value, addFloats(draft, Float32Array.of(mean), [])]);
    const scaled = addNode(draft, 'Mul', [centred, addFloats(draft, Float32Array.of(factor), [])]);
    return addNode(draft, 'Where', [missing, addFloats(draft, Float32Array.of(0), []), scaled]);
  },
};

/** Of the values that are finite. */
function momentsOf(values: Float64Array): { count: number; mean: number; squares: number } {
  let count = 0;
  let sum = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    count++;
    sum += value;
  }
  const mean = count === 0 ? 0 : sum / count;
  let squares = 0;
  for (const value of values) {
    if (Number.isFinite(value)) squares += (value - mean) * (value - mean);
  }
  return { count, mean, squares };
}
