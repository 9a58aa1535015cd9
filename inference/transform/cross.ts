import { InferenceError } from '../inference-error.ts';
import { addFloats, addNode } from '../onnx/graph-draft.ts';
import type { Feature, FeatureBase } from './feature.ts';
import type { Operator } from './operator.ts';

/** Two or more earlier features, each of codes, as one code: what holds for a pair and for neither alone. */
export interface CrossSpec {
  readonly op: 'cross';
  /** Names of earlier features. */
  readonly of: readonly string[];
  /** Their names joined by × when left out. */
  readonly name?: string;
}

export interface CrossFeature extends FeatureBase {
  readonly op: 'cross';
  readonly of: readonly string[];
  readonly cardinality: number;
  /** How many codes each has; the last one's count fastest. */
  readonly sizes: readonly number[];
}

/** Whole numbers up to here are exact in float32. */
const MAX_CARDINALITY = 2 ** 24;

export const cross: Operator<CrossSpec, CrossFeature> = {
  fitColumns: () => ({}),
  inputs: () => ({}),

  analyser: (spec) => ({
    observe() {},
    finish(earlier) {
      const { op, of, name = of.join('×') } = spec;
      const sizes = of.map((part) => sizeOf(part, earlier, name));
      const cardinality = sizes.reduce((product, size) => product * size, 1);
      if (cardinality > MAX_CARDINALITY) {
        const reason = `it has ${cardinality} codes, ${MAX_CARDINALITY} at most can be told apart`;
        throw new InferenceError('transform', `Feature '${name}' is too wide: ${reason}. Raise minCount of its parts.`);
      }
      return { op, name, of, sizes, cardinality };
    },
  }),

  kernel(feature, earlier) {
    const places = feature.of.map((name) => earlier.findIndex((candidate) => candidate.name === name));
    const [first, ...others] = places as [number, ...number[]];
    return (batch, matrix, width, index) => {
      const end = batch.rows * width;
      for (const [part, other] of others.entries()) {
        const from = part === 0 ? first : index;
        const size = feature.sizes[part + 1] as number;
        for (let start = 0; start < end; start += width) {
          matrix[start + index] = (matrix[start + from] as number) * size + (matrix[start + other] as number);
        }
      }
    };
  },

  lower(feature, draft, values) {
    const [first, ...others] = feature.of.map((name) => values.feature(name).value);
    return others.reduce((code, other, index) => {
      const size = addFloats(draft, Float32Array.of(feature.sizes[index + 1] as number), []);
      return addNode(draft, 'Add', [addNode(draft, 'Mul', [code, size]), other]);
    }, first as string);
  },
};

function sizeOf(part: string, earlier: readonly Feature[], name: string): number {
  const feature = earlier.find((candidate) => candidate.name === part);
  if (feature?.cardinality) return feature.cardinality;
  const reason = feature ? 'it is a measure, not codes' : 'there is no such feature before it';
  throw new InferenceError('transform', `Feature '${name}' crosses '${part}', but ${reason}.`);
}
