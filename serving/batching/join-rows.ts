import { TENSOR_ARRAYS } from '../../inference/onnx/tensor-type.ts';
import type { NumericData, TensorMap, TensorValue } from '../lifecycle/servable.ts';

/** Rows of a request: the first dimension of its inputs; 1 for scalars. */
export function rowsOf(tensors: TensorMap): number {
  for (const name in tensors) return tensors[name]?.dims[0] ?? 1;
  return 1;
}

/** One set of tensors with the rows of all, in their order. All have the same names, types and dimensions but the first. */
export function joinRows(requests: readonly TensorMap[]): TensorMap {
  const joined: Record<string, TensorValue> = {};
  for (const name of Object.keys(requests[0] ?? {})) {
    joined[name] = concatenate(requests.flatMap((request) => request[name] ?? []));
  }
  return joined;
}

/** The reverse, by the rows of each; null when a tensor has not as many rows as all together. */
export function splitRows(tensors: TensorMap, counts: readonly number[]): readonly TensorMap[] | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const names = Object.keys(tensors);
  if (names.some((name) => tensors[name]?.dims[0] !== total)) return null;
  let start = 0;
  return counts.map((count) => {
    const part: Record<string, TensorValue> = {};
    for (const name of names) {
      const tensor = tensors[name];
      if (tensor) part[name] = slice(tensor, start, count);
    }
    start += count;
    return part;
  });
}

function concatenate(parts: readonly TensorValue[]): TensorValue {
  const [first] = parts;
  if (!first) throw new Error('There are no tensors to join.');
  const rows = parts.reduce((sum, part) => sum + (part.dims[0] ?? 0), 0);
  const dims = [rows, ...first.dims.slice(1)];
  if (first.type === 'string') {
    return { type: 'string', dims, data: parts.flatMap((part) => part.data as readonly string[]) };
  }
  const data = new TENSOR_ARRAYS[first.type](dims.reduce((product, dim) => product * dim, 1));
  let offset = 0;
  for (const part of parts) {
    const source = part.data as NumericData;
    // Both are of the type's own array; the union hides it.
    (data as Float64Array).set(source as Float64Array, offset);
    offset += source.length;
  }
  return { type: first.type, dims, data };
}

function slice(tensor: TensorValue, start: number, rows: number): TensorValue {
  const stride = tensor.dims.slice(1).reduce((product, dim) => product * dim, 1);
  const data = tensor.type === 'string' ? (tensor.data as readonly string[]) : (tensor.data as NumericData);
  return {
    type: tensor.type,
    dims: [rows, ...tensor.dims.slice(1)],
    data: data.slice(start * stride, (start + rows) * stride),
  };
}
