import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { openSession } from '../../inference/onnx/session.ts';
import { TENSOR_ARRAYS } from '../../inference/onnx/tensor-type.ts';
import type { ServedTensor, TensorMap, TensorType, TensorValue } from '../lifecycle/servable.ts';

/** A model in ONNX Runtime, on the thread that opened it. */
export interface OnnxSession {
  readonly inputs: readonly ServedTensor[];
  readonly outputs: readonly ServedTensor[];
  run(feeds: TensorMap, outputs: readonly string[]): Promise<TensorMap>;
  close(): Promise<void>;
}

/** @throws Error when ONNX Runtime refuses the file, or an input or output is of a kind that cannot be served. */
export async function openServedSession(path: string): Promise<OnnxSession> {
  const session = await openSession(path);
  return {
    inputs: session.inputMetadata.map((metadata) => specOf('input', metadata)),
    outputs: session.outputMetadata.map((metadata) => specOf('output', metadata)),
    run: async (feeds, outputs) => fromOrt(await session.run(toOrt(feeds), [...outputs])),
    close: () => session.release(),
  };
}

function specOf(role: 'input' | 'output', metadata: InferenceSession.ValueMetadata): ServedTensor {
  const { name } = metadata;
  if (!metadata.isTensor) {
    throw new Error(
      `its ${role} '${name}' is no tensor. Export it without ZipMap, with probabilities as a plain tensor.`,
    );
  }
  const { type } = metadata;
  if (!isServedType(type))
    throw new Error(`its ${role} '${name}' is of type ${type}, which is not served. Add a Cast.`);
  return { name, type, shape: metadata.shape };
}

function isServedType(type: Tensor.Type): type is TensorType {
  return type === 'string' || type in TENSOR_ARRAYS;
}

function toOrt(feeds: TensorMap): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const [name, { type, data, dims }] of Object.entries(feeds)) {
    tensors[name] = new Tensor(type, data as Tensor.DataType, dims);
  }
  return tensors;
}

function fromOrt(tensors: InferenceSession.OnnxValueMapType): TensorMap {
  const values: Record<string, TensorValue> = {};
  for (const [name, { type, dims, data }] of Object.entries(tensors)) {
    values[name] = { type: type as TensorType, dims, data: data as TensorValue['data'] };
  }
  return values;
}
