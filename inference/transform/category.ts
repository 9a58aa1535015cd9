import type { FeatureBase } from './feature.ts';
import type { Operator } from './operator.ts';
import { lowerTextTable, type TextTable, textTableKernel } from './text-table.ts';
import { asTensorTexts, byText } from './vocabulary.ts';

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

  kernel: (feature) => textTableKernel(tableOf(feature)),
  lower: (feature, draft, values) => lowerTextTable(tableOf(feature), draft, values),
};

function tableOf({ column, vocabulary }: CategoryFeature): TextTable {
  return { column, texts: vocabulary, numbers: vocabulary.map((_, index) => index + 1), fallback: 0 };
}
