import type { TensorSpec, TensorValue } from '../lifecycle/servable.ts';
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
export function decodeTensor(spec: TensorSpec, given: GivenTensor): TensorValue {
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
function flatten(spec: TensorSpec, data: readonly unknown[], shape: readonly number[]): readonly unknown[] {
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

function readShape(spec: TensorSpec, shape: unknown): readonly number[] {
  if (Array.isArray(shape) && shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) return shape;
  throw refuse(spec, `has no 'shape': give a list of sizes, as in ${describeDims(spec.dims)} with N rows`);
}

function fitShape(spec: TensorSpec, shape: readonly number[]): readonly number[] {
  // ONNX has no word for "any shape" but to leave it out.
  if (spec.dims.length === 0) return shape;
  const dims = isColumn(spec.dims) && isColumn(shape) ? spec.dims.map((_, index) => shape[index] ?? 1) : shape;
  const fits = dims.length === spec.dims.length && spec.dims.every((dim, index) => dim === null || dim === dims[index]);
  if (!fits) throw refuse(spec, `has shape [${shape.join(', ')}]; the model takes ${describeDims(spec.dims)}`);
  if (dims.includes(0)) throw refuse(spec, `has shape [${shape.join(', ')}], which holds no rows. Send at least one`);
  return dims;
}

/** One value a row: `[N]` or `[N, 1]`. */
function isColumn(dims: readonly (number | null)[]): boolean {
  return dims.length === 1 || (dims.length === 2 && dims[1] === 1);
}

function describeDims(dims: readonly (number | null)[]): string {
  return `[${dims.map((dim) => dim ?? 'N').join(', ')}]`;
}

function refuse(spec: TensorSpec, problem: string): ServingError {
  return new ServingError('invalid', `Input '${spec.name}' ${problem}.`);
}
