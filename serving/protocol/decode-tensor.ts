import type { TensorSpec, TensorValue } from '../lifecycle/servable.ts';
import { ServingError } from '../serving-error.ts';
import { decodeElements } from './decode-elements.ts';
import { datatypeOf } from './oip-datatype.ts';

/** An input as a client gives it, unchecked. */
export interface GivenTensor {
  readonly datatype?: unknown;
  readonly shape?: unknown;
  readonly data?: unknown;
}

/**
 * A tensor in the model's own shape. Data may be flat or nested. Where the model has one value a row, `[N]` and
 * `[N, 1]` are the same to the client.
 *
 * @throws ServingError `invalid`, naming the input, what it has and what it should have.
 */
export function decodeTensor(spec: TensorSpec, given: GivenTensor): TensorValue {
  const datatype = datatypeOf(spec.type);
  if (given.datatype !== datatype) {
    throw refuse(spec, `has datatype ${JSON.stringify(given.datatype) ?? 'none'}; the model takes '${datatype}'`);
  }
  if (!Array.isArray(given.data)) {
    throw refuse(spec, "has no 'data' list. Send values as JSON; binary tensor data is not supported here");
  }
  const shape = readShape(spec, given.shape);
  const dims = fitShape(spec, shape);
  const data: readonly unknown[] = Array.isArray(given.data[0])
    ? given.data.flat(Number.POSITIVE_INFINITY)
    : given.data;
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (data.length !== size) {
    throw refuse(spec, `has ${data.length} values, and its shape [${shape.join(', ')}] says ${size}`);
  }
  return { type: spec.type, dims, data: decodeElements(spec, data) };
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
