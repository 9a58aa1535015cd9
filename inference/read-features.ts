import {
  type Column,
  type ColumnKinds,
  type Columns,
  DataError,
  type RowBatch,
  rowsOf,
  visitRows,
} from '../data/index.ts';
import type { ExampleRow } from './onnx/signature.ts';
import { createKernel } from './transform/kernel.ts';
import { inputsOf, type Transform } from './transform/transform.ts';

/** What a model is trained on. */
export interface TrainingSet {
  readonly rows: number;
  /** Features of a row. */
  readonly width: number;
  /**
   * [rows, width], row by row: feature f of row r at `r * width + f`, in the order of `transform.features`. A feature of
   * codes has whole numbers from 0 to `cardinality - 1`, a measure (`cardinality` null) its value.
   */
  readonly features: Float32Array;
  /** [rows]; of a BOOLEAN column 0 and 1. */
  readonly target: Float32Array;
  /**
   * The first row's raw columns, for `writeModel`: texts, numbers (null where missing), times in microseconds since
   * 1970-01-01 UTC.
   */
  readonly example: ExampleRow;
}

/**
 * Reads a dataset through a transform. Memory: 4 bytes a feature and row. `signal` ends it with the signal's reason.
 *
 * @param target a column of numbers or booleans, with no nulls
 * @throws DataError naming file and column; `missingValue` when the target has nulls, `empty` when there is no row.
 * @example const { features, target, width } = await readFeatures(path, transform, 'late');
 */
export async function readFeatures(
  path: string,
  transform: Transform,
  target: string,
  signal?: AbortSignal,
): Promise<TrainingSet> {
  const kernel = createKernel(transform);
  const { width } = kernel;
  const rows = await rowsOf(path);
  if (rows === 0) throw new DataError('empty', `${path} has no rows to train on.`);
  const set = { rows, width, features: new Float32Array(rows * width), target: new Float32Array(rows) };
  const inputs = inputsOf(transform);
  const kinds: ColumnKinds = { ...inputs, [target]: 'number' };
  let example: ExampleRow = {};
  const read = (batch: RowBatch) => {
    const { firstRow } = batch;
    kernel.apply(batch, set.features.subarray(firstRow * width, (firstRow + batch.rows) * width));
    const column = batch.columns[target];
    if (column?.kind === 'number') set.target.set(column.values, firstRow);
    if (firstRow === 0) example = firstRowOf(batch, Object.keys(inputs));
  };
  await visitRows(path, kinds, read, { signal });
  if (set.target.includes(Number.NaN)) {
    throw new DataError(
      'missingValue',
      `The target '${target}' of ${path} has nulls: reject such rows before training.`,
    );
  }
  return { ...set, example };
}

function firstRowOf({ columns }: Columns, names: readonly string[]): ExampleRow {
  return Object.fromEntries(names.map((name) => [name, firstOf(columns[name])]));
}

function firstOf(column: Column | undefined): string | number | null {
  if (column?.kind === 'text') return column.dictionary[column.codes[0] ?? 0] ?? '';
  if (column?.kind === 'time') return Number(column.values[0]);
  const value = column?.values[0] ?? Number.NaN;
  return Number.isFinite(value) ? value : null;
}
