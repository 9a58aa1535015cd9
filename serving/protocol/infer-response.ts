import type { NumericData, TensorMap, TensorValue } from '../lifecycle/servable.ts';
import type { ServableHandle } from '../lifecycle/servable-manager.ts';
import { datatypeOf } from './oip-datatype.ts';

/** The text of an infer response. Integers are written with all their digits, also those that JavaScript cannot hold. */
export function inferResponse(handle: ServableHandle, id: string | null, outputs: TensorMap): string {
  const { endpoint, share } = handle;
  const head = {
    model_name: endpoint,
    model_version: String(share.version),
    ...(id === null ? {} : { id }),
    parameters: { model: share.model },
  };
  const tensors = Object.entries(outputs).map(([name, tensor]) => outputText(name, tensor));
  return `${JSON.stringify(head).slice(0, -1)},"outputs":[${tensors.join(',')}]}`;
}

function outputText(name: string, tensor: TensorValue): string {
  const head = JSON.stringify({ name, datatype: datatypeOf(tensor.type), shape: tensor.dims });
  return `${head.slice(0, -1)},"data":${dataText(tensor)}}`;
}

function dataText({ type, data }: TensorValue): string {
  switch (type) {
    case 'int64':
    case 'uint64':
      return `[${(data as NumericData).join(',')}]`;
    case 'bool':
      return JSON.stringify(Array.from(data as Uint8Array, (bit) => bit !== 0));
    default:
      // JSON has no NaN and no infinities: null, as in what clients send.
      return JSON.stringify(Array.from<unknown>(data));
  }
}
