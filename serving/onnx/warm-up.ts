import { fixedSize, TENSOR_ARRAYS } from '../../inference/onnx/tensor-type.ts';
import type { JsonObject, JsonValue } from '../../ir/json.ts';
import type { ServedTensor, TensorValue } from '../lifecycle/servable.ts';
import { decodeTensor } from '../protocol/decode-tensor.ts';
import { datatypeOf } from '../protocol/oip-datatype.ts';
import { answersRowsAlone } from './answers-rows-alone.ts';
import type { OnnxSession } from './onnx-session.ts';
import type { ThreadStart } from './thread-messages.ts';

/**
 * Runs a model before its first client does, who would pay for what ONNX Runtime does late, and finds out whether requests
 * may share a run. It is not enough that the shapes allow it: rows that tell on each other would give strangers' answers.
 *
 * With an example row the model must be able to compute it. Without one it is run with zeros and empty texts, and may
 * refuse those: they are nobody's data.
 *
 * @returns whether each row is answered by itself and in its place. Where there is no example to try that with, or
 * nothing but the example that the model can compute, it is as the model's maker says; of one who says nothing, it is not.
 * @throws Error when the example lacks a column, has a value of a wrong kind, or cannot be computed.
 */
export async function warmUp(session: OnnxSession, start: Omit<ThreadStart, 'modelPath'>): Promise<boolean> {
  const { example, saidRowwise } = start;
  const mayShare = [...session.inputs, ...session.outputs].every(hasFreeRows) && session.inputs.every(hasFixedRest);
  const feeds = Object.fromEntries(
    session.inputs.map((spec) => [spec.name, example ? fromExample(spec, example) : blank(spec)]),
  );
  const outputs = session.outputs.map((output) => output.name);
  try {
    await session.run(feeds, outputs);
  } catch (error) {
    if (example === null) return mayShare && saidRowwise;
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`it cannot compute the example row of its signature.json: ${why}`);
  }
  if (!mayShare) return false;
  return (example && (await answersRowsAlone(session, feeds))) ?? saidRowwise;
}

function hasFreeRows(spec: ServedTensor): boolean {
  return spec.shape[0] !== undefined && fixedSize(spec.shape[0]) === null;
}

function hasFixedRest(spec: ServedTensor): boolean {
  return spec.shape.slice(1).every((dim) => fixedSize(dim) !== null);
}

function fromExample(spec: ServedTensor, example: JsonObject): TensorValue {
  const value: JsonValue | undefined = example[spec.name];
  if (value === undefined) throw new Error(`the example row of its signature.json has no '${spec.name}'`);
  const shape = spec.shape.map((dim) => fixedSize(dim) ?? 1);
  return decodeTensor(spec, { datatype: datatypeOf(spec.type), shape, data: asRows(value, shape.length) });
}

/** A row's own value is nested one level less than rows are. A flat list is as good as a nested one. */
function asRows(value: JsonValue, dimensions: number): readonly JsonValue[] {
  if (!isList(value)) return [value];
  const depth = depthOf(value);
  return depth > 1 && depth === dimensions - 1 ? [value] : value;
}

function depthOf(value: JsonValue): number {
  let depth = 0;
  for (let inner: JsonValue | undefined = value; isList(inner); inner = inner[0]) depth += 1;
  return depth;
}

/** What `Array.isArray` does not tell of a readonly list. */
function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function blank(spec: ServedTensor): TensorValue {
  const dims = spec.shape.map((dim) => fixedSize(dim) ?? 1);
  const size = dims.reduce((product, dim) => product * dim, 1);
  const data = spec.type === 'string' ? new Array<string>(size).fill('') : new TENSOR_ARRAYS[spec.type](size);
  return { type: spec.type, dims, data };
}
