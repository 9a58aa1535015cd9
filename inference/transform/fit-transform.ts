import {
  type ColumnKind,
  type ColumnKinds,
  DataError,
  expectColumns,
  readSchema,
  rowsOf,
  streamColumns,
  textCounts,
  withDuckDB,
} from '../../data/index.ts';
import { InferenceError } from '../inference-error.ts';
import type { Feature, FeatureSpec } from './feature.ts';
import { operatorOf } from './operators.ts';
import { inputsOf, type Transform } from './transform.ts';

/**
 * Fits a transform to a dataset, in bounded memory.
 *
 * @throws DataError naming file and column, `empty` when there is no row; InferenceError `transform`.
 */
export async function fitTransform(
  path: string,
  specs: readonly FeatureSpec[],
  signal?: AbortSignal,
): Promise<Transform> {
  const analysers = specs.map((spec) => operatorOf(spec).analyser(spec));
  const columns = fitColumns(specs);
  // In row order: sums of fractions depend on it.
  const batches = Object.keys(columns).length > 0 ? streamColumns(path, columns) : [];
  for await (const batch of batches) {
    signal?.throwIfAborted();
    for (const analyser of analysers) analyser.observe(batch);
  }
  const counted = specs.map((spec) => operatorOf(spec).fitCounts?.(spec));
  const counts = await textCounts(path, [...new Set(counted.filter((column) => column !== undefined))]);
  const features: Feature[] = [];
  for (const [index, analyser] of analysers.entries()) {
    const feature = analyser.finish(features, counts.get(counted[index] ?? '') ?? new Map());
    if (features.some(({ name }) => name === feature.name)) {
      throw new InferenceError('transform', `Two features are named '${feature.name}': give one of them a name.`);
    }
    features.push(feature);
  }
  const transform: Transform = { transform: 1, features };
  await checkTable(path, transform);
  return transform;
}

/** Columns that nothing is learned from are not read; that they are there is checked all the same. */
async function checkTable(path: string, transform: Transform): Promise<void> {
  expectColumns(path, await withDuckDB((connection) => readSchema(connection, path)), inputsOf(transform));
  if ((await rowsOf(path)) > 0) return;
  throw new DataError('empty', `${path} has no rows: a transform cannot be fitted to nothing.`);
}

function fitColumns(specs: readonly FeatureSpec[]): ColumnKinds {
  if (specs.length === 0) throw new InferenceError('transform', 'A transform needs one feature at least.');
  const columns: Record<string, ColumnKind> = {};
  const counted = new Set<string>();
  for (const spec of specs) {
    const operator = operatorOf(spec);
    const name = operator.fitCounts?.(spec);
    if (name !== undefined) counted.add(name);
    for (const [name, kind] of Object.entries(operator.fitColumns(spec))) addKind(columns, name, kind);
  }
  for (const name of counted) addKind({ ...columns }, name, 'text');
  return columns;
}

function addKind(columns: Record<string, ColumnKind>, name: string, kind: ColumnKind): void {
  const other = columns[name];
  if (other && other !== kind) {
    throw new InferenceError('transform', `Column '${name}' is used both as ${other} and as ${kind}.`);
  }
  columns[name] = kind;
}
