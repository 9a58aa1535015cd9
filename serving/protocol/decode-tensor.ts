import { fixedSize } from '../../inference/onnx/tensor-type.ts';
import type { ServedTensor, TensorValue } from '../lifecycle/servable.ts';
import { ServingError } from '../serving-error.ts';
import { decodeElements } from './decode-elements.ts';
import { datatypeOf } from './oip-datatype.ts';
import { shownValue } from './shown-value.ts';

/** An input as a client gives it, unchecked. */
export interface GivenTensor {
  readonly datatype?: unknown;
  readonly shape?: unknown;
  readonly data?: unknown;
}

/**
 * A tensor in the model's own shape. Data may be flat, row after row, or nested as the shape says. Where the model has one
 * value a row, `[N]` and `[N, 1]` are the same to the client.
 *
 * @throws ServingError `invalid`, naming the input, what it has and what it should have.
 */
export function decodeTensor(spec: ServedTensor, given: GivenTensor): TensorValue {
  const datatype = datatypeOf(spec.type);
  if (given.datatype !== datatype) {
    throw refuse(
      spec,
      `has datatype ${given.datatype === undefined ? 'none' : shownValue(given.datatype)}; the model takes '${datatype}'`,
    );
  }
  if (!Array.isArray(given.data)) {
    throw refuse(spec, "has no 'data' list. Send values as JSON; binary tensor data is not supported here");
  }
  const shape = readShape(spec, given.shape);
  const dims = fitShape(spec, shape);
  const data = Array.isArray(given.data[0]) ? flatten(spec, given.data, shape) : given.data;
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (data.length !== size) {
    throw refuse(spec, `has ${data.length} values, and its shape [${shape.join(', ')}] says ${size}`);
  }
  return { type: spec.type, dims, data: decodeElements(spec, data) };
}

/** Level by level, so that no data is too deep: what lies deeper than the shape says is refused unseen. */
function flatten(spec: ServedTensor, data: readonly unknown[], shape: readonly number[]): readonly unknown[] {
  const misfit = () =>
    refuse(
      spec,
      `has data nested otherwise than its shape [${shape.join(', ')}] says. Give a flat list, or one nested so`,
    );
  let lists: readonly unknown[] = [data];
  for (const size of shape) {
    lists = lists.flatMap((list) => {
      if (!Array.isArray(list) || list.length !== size) throw misfit();
      return list;
    });
  }
  if (lists.some(Array.isArray)) throw misfit();
  return lists;
}

function readShape(spec: ServedTensor, shape: unknown): readonly number[] {
  if (Array.isArray(shape) && shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) return shape;
  throw refuse(spec, `has no 'shape': give a list of sizes, as in ${describeShape(spec.shape)} with N rows`);
}

function fitShape(spec: ServedTensor, shape: readonly number[]): readonly number[] {
  // ONNX has no word for "any shape" but to leave it out.
  if (spec.shape.length === 0) return shape;
  const sizes = spec.shape.map(fixedSize);
  const dims = isColumn(sizes) && isColumn(shape) ? sizes.map((_, index) => shape[index] ?? 1) : shape;
  const fits = dims.length === sizes.length && sizes.every((size, index) => size === null || size === dims[index]);
  if (!fits) throw refuse(spec, `has shape [${shape.join(', ')}]; the model takes ${describeShape(spec.shape)}`);
  if (dims.includes(0)) throw refuse(spec, `has shape [${shape.join(', ')}], which holds no rows. Send at least one`);
  return dims;
}

/** One value a row: `[N]` or `[N, 1]`. */
function isColumn(dims: readonly (number | null)[]): boolean {
  return dims.length === 1 || (dims.length === 2 && dims[1] === 1);
}

function describeShape(shape: ServedTensor['shape']): string {
  return `[${shape.map((dim) => fixedSize(dim) ?? 'N').join(', ')}]`;
}

function refuse(spec: ServedTensor, problem: string): ServingError {
  return new ServingError('invalid', `Input '${spec.name}' ${problem}.`);
}
