import { fixedSize } from '../../inference/onnx/tensor-type.ts';
import type { JsonObject } from '../../ir/json.ts';
import type { ServedTensor } from '../lifecycle/servable.ts';
import type { ServableHandle } from '../lifecycle/servable-manager.ts';
import { datatypeOf } from './oip-datatype.ts';

/** The protocol's metadata of a model, for people too: which versions answer, and a row to try it with. */
export function modelMetadata(handle: ServableHandle): JsonObject {
  const { signature } = handle.pooled.servable;
  return {
    name: handle.endpoint,
    versions: handle.shares.map((share) => String(share.version)),
    platform: 'onnxruntime_onnx',
    inputs: signature.inputs.map(tensorMetadata),
    outputs: signature.outputs.map(tensorMetadata),
    parameters: {
      model: handle.share.model,
      version: String(handle.share.version),
      traffic: handle.shares.map(({ model, version, percent }) => ({ model, version, percent })),
      ...(signature.example ? { example: signature.example } : {}),
    },
  };
}

/** -1 stands for a dimension of any size. */
function tensorMetadata({ name, type, shape }: ServedTensor): JsonObject {
  return { name, datatype: datatypeOf(type), shape: shape.map((dim) => fixedSize(dim) ?? -1) };
}
