import { InferenceError } from '../inference-error.ts';
import { addFloats, addInts, addNode, createDraft, type GraphDraft, valueInfo } from '../onnx/graph-draft.ts';
import { modelOf } from '../onnx/onnx-file.ts';
import type { OnnxModel } from '../onnx/onnx-proto.ts';
import { ELEMENT_TYPES } from '../onnx/tensor-type.ts';
import type { Transform } from '../transform/transform.ts';

/**
 * Logistic regression over a transform's features: one weight for each code of a feature of codes (one-hot, without the
 * zeros), one for the value of a measure.
 */
export interface LinearModel {
  readonly bias: number;
  /** By the transform's features, in their order: `cardinality` weights, or one. */
  readonly weights: readonly Float32Array[];
}

/**
 * The model as ONNX: `features` float32 [rows, features] in, `probability` float32 [rows] out.
 *
 * @throws InferenceError `transform` when the weights do not fit the features.
 */
export function linearModelToOnnx(model: LinearModel, transform: Transform): OnnxModel {
  const width = transform.features.length;
  checkWeights(model, transform);
  const draft = createDraft('');
  const measures = transform.features.flatMap(({ cardinality }, index) => (cardinality === null ? [index] : []));
  const codes = transform.features.flatMap(({ cardinality }, index) => (cardinality === null ? [] : [index]));
  const terms = [addFloats(draft, Float32Array.of(model.bias), [])];
  if (codes.length > 0) terms.push(codeTerm(draft, model, codes));
  if (measures.length > 0) terms.push(measureTerm(draft, model, measures));
  const logit = terms.reduce((sum, term) => addNode(draft, 'Add', [sum, term]));
  addNode(draft, 'Sigmoid', [logit]);
  const last = draft.nodes.at(-1);
  if (last) last.output = ['probability'];
  return modelOf(draft, {
    name: 'linear',
    input: [valueInfo('features', 'float32', ['rows', width])],
    output: [valueInfo('probability', 'float32', ['rows'])],
  });
}

/** The weights of all codes lie in one table, each feature's from an offset on: one Gather, one sum. */
function codeTerm(draft: GraphDraft, model: LinearModel, codes: readonly number[]): string {
  const tables = codes.map((index) => model.weights[index] as Float32Array);
  const offsets = new Float32Array(codes.length);
  for (let index = 1; index < codes.length; index++) {
    offsets[index] = (offsets[index - 1] as number) + (tables[index - 1] as Float32Array).length;
  }
  const table = new Float32Array(tables.reduce((size, { length }) => size + length, 0));
  for (const [index, weights] of tables.entries()) table.set(weights, offsets[index]);
  const chosen = select(draft, codes, model.weights.length);
  const shifted = addNode(draft, 'Add', [chosen, addFloats(draft, offsets, [codes.length])]);
  const places = addNode(draft, 'Cast', [shifted], { to: { int: ELEMENT_TYPES.int64 } });
  const weights = addNode(draft, 'Gather', [addFloats(draft, table, [table.length]), places]);
  return addNode(draft, 'ReduceSum', [weights, addInts(draft, [1])], { keepdims: { int: 0 } });
}

function measureTerm(draft: GraphDraft, model: LinearModel, measures: readonly number[]): string {
  const weights = Float32Array.from(measures, (index) => model.weights[index]?.[0] ?? 0);
  const product = addNode(draft, 'MatMul', [
    select(draft, measures, model.weights.length),
    addFloats(draft, weights, [measures.length, 1]),
  ]);
  return addNode(draft, 'Squeeze', [product, addInts(draft, [1])]);
}

/** Those columns of the features; all of them need no node. */
function select(draft: GraphDraft, indices: readonly number[], width: number): string {
  if (indices.length === width) return 'features';
  return addNode(draft, 'Gather', ['features', addInts(draft, indices)], { axis: { int: 1 } });
}

function checkWeights(model: LinearModel, transform: Transform): void {
  const total = model.weights.reduce((sum, { length }) => sum + length, 0);
  if (total > 2 ** 24) {
    throw new InferenceError('transform', `A linear model of ${total} weights is too wide: 16,777,216 at most.`);
  }
  for (const [index, { name, cardinality }] of transform.features.entries()) {
    const due = cardinality ?? 1;
    const given = model.weights[index]?.length ?? 0;
    if (given !== due) {
      throw new InferenceError('transform', `Feature '${name}' needs ${due} weights, the model has ${given}.`);
    }
  }
}
