import { addNode } from '../onnx/graph-draft.ts';
import type { FeatureBase } from './feature.ts';
import { columnOf, type Operator } from './operator.ts';
import { asTensorTexts, byText, createLookup, lookUp } from './vocabulary.ts';

/** A text as a code. Texts seen fewer than `minCount` times when fitting, and those never seen, are code 0. */
export interface CategorySpec {
  readonly op: 'category';
  readonly column: string;
  /** The column's name when left out. */
  readonly name?: string;
  readonly minCount?: number;
}

export interface CategoryFeature extends FeatureBase {
  readonly op: 'category';
  readonly column: string;
  readonly cardinality: number;
  /** Its text at index i is code i + 1. */
  readonly vocabulary: readonly string[];
}

export const category: Operator<CategorySpec, CategoryFeature> = {
  fitColumns: () => ({}),
  fitCounts: (spec) => spec.column,
  inputs: (feature) => ({ [feature.column]: 'text' }),

  analyser: (spec) => ({
    observe() {},
    finish(_, counts) {
      const minCount = spec.minCount ?? 1;
      const frequent = [...asTensorTexts(counts)].filter(([, count]) => count >= minCount).sort(byText);
      const vocabulary = frequent.map(([text]) => text);
      const { op, column, name = column } = spec;
      return { op, name, column, cardinality: vocabulary.length + 1, vocabulary };
    },
  }),

  kernel(feature) {
    const lookup = createLookup(new Map(feature.vocabulary.map((text, index) => [text, index + 1])), 0);
    return (batch, matrix, width, index) => {
      const column = columnOf(batch, feature.column, 'text');
      const values = lookUp(lookup, column);
      const { codes } = column;
      for (let row = 0, at = index; row < codes.length; row++, at += width) {
        matrix[at] = values[codes[row] as number] as number;
      }
    };
  },

  lower(feature, draft, values) {
    const attributes = {
      keys_strings: { texts: feature.vocabulary },
      values_floats: { floats: feature.vocabulary.map((_, index) => index + 1) },
      default_float: { float: 0 },
    };
    return addNode(draft, 'LabelEncoder', [values.input(feature.column)], attributes, 'ai.onnx.ml');
  },
};
