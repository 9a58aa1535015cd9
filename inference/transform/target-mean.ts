import type { FeatureBase } from './feature.ts';
import { columnOf, type Operator } from './operator.ts';
import { lowerTextTable, type TextTable, textTableKernel } from './text-table.ts';
import { addToSums, byText, type TextSums } from './vocabulary.ts';

/**
 * A text as the mean of a target over the rows that had it when fitting (target encoding, Micci-Barreca, SIGKDD
 * Explorations 2001), drawn towards the mean of all rows as by `smoothing` rows more. A text never seen is the mean.
 */
export interface TargetMeanSpec {
  readonly op: 'targetMean';
  readonly column: string;
  /** A number column; rows where it is null are left out. */
  readonly target: string;
  /** `<column>.<target>` when left out. */
  readonly name?: string;
  /** 20 when left out. */
  readonly smoothing?: number;
}

export interface TargetMeanFeature extends FeatureBase {
  readonly op: 'targetMean';
  readonly column: string;
  readonly cardinality: null;
  readonly mean: number;
  readonly texts: readonly string[];
  /** Of the text at the same index. */
  readonly means: readonly number[];
}

export const targetMean: Operator<TargetMeanSpec, TargetMeanFeature> = {
  fitColumns: (spec) => ({ [spec.column]: 'text', [spec.target]: 'number' }),
  inputs: (feature) => ({ [feature.column]: 'text' }),

  analyser(spec) {
    const sums: TextSums = new Map();
    const smoothing = spec.smoothing ?? 20;
    return {
      observe(batch) {
        addToSums(sums, columnOf(batch, spec.column, 'text'), columnOf(batch, spec.target, 'number').values);
      },
      finish() {
        const entries = [...sums].sort(byText);
        const rows = entries.reduce((total, [, { count }]) => total + count, 0);
        const mean = Math.fround(entries.reduce((total, [, { sum }]) => total + sum, 0) / Math.max(1, rows));
        const means = entries.map(([, { count, sum }]) =>
          Math.fround((sum + smoothing * mean) / Math.max(1, count + smoothing)),
        );
        const { op, column, name = `${column}.${spec.target}` } = spec;
        return { op, name, column, cardinality: null, mean, texts: entries.map(([text]) => text), means };
      },
    };
  },

  kernel: (feature) => textTableKernel(tableOf(feature)),
  lower: (feature, draft, values) => lowerTextTable(tableOf(feature), draft, values),
};

function tableOf({ column, texts, means, mean }: TargetMeanFeature): TextTable {
  return { column, texts, numbers: means, fallback: mean };
}
