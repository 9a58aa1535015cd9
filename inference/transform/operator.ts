import type { Column, ColumnKinds, Columns } from '../../data/column.ts';
import type { TextCounts } from '../../data/text-counts.ts';
import type { GraphDraft } from '../onnx/graph-draft.ts';
import type { Feature, FeatureSpec } from './feature.ts';

/**
 * One way of making a feature, in its three forms: fitted from data, computed in bulk, and as ONNX. The last two must
 * agree to the bit; `transform.test.ts` holds them to it.
 */
export interface Operator<S extends FeatureSpec, F extends Feature> {
  /** The columns that fitting reads row by row; those that computing reads are `inputs` of the feature. */
  fitColumns(spec: S): ColumnKinds;
  /** The texts that fitting wants counted, which is far cheaper. */
  fitCounts?(spec: S): string;
  /** Sees all rows once, batch by batch in their order, and gives the feature. */
  analyser(spec: S): Analyser<F>;
  /** The raw columns that computing the feature reads. */
  inputs(feature: F): ColumnKinds;
  kernel(feature: F, earlier: readonly Feature[]): Kernel;
  /** Adds nodes that compute the feature as float32 [rows], and gives their output's name. */
  lower(feature: F, draft: GraphDraft, values: LoweredValues): string;
}

interface Analyser<F> {
  observe(batch: Columns): void;
  /** `earlier` are the features before it, fitted; `counts` are of the column that `fitCounts` names. */
  finish(earlier: readonly Feature[], counts: TextCounts): F;
}

/**
 * Writes a feature of `batch.rows` rows to `matrix`: row r at `matrix[r * width + index]`. Features before it are
 * there already.
 */
export type Kernel = (batch: Columns, matrix: Float32Array, width: number, index: number) => void;

/** Names of values in the graph that features are lowered to. */
export interface LoweredValues {
  /** Of a raw column, [rows]. */
  input(column: string): string;
  /** Of an earlier feature, float32 [rows], with what it is. */
  feature(name: string): { readonly value: string; readonly feature: Feature };
}

/** A column of a batch that the transform asked to be read as this kind. */
export function columnOf<K extends Column['kind']>(
  batch: Columns,
  name: string,
  kind: K,
): Extract<Column, { kind: K }> {
  const column = batch.columns[name];
  if (column?.kind !== kind) throw new TypeError(`The batch has no ${kind} column '${name}'.`);
  return column as Extract<Column, { kind: K }>;
}
