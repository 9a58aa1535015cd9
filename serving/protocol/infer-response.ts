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
  return `${head.slice(0, -1)},"data":[${dataText(tensor)}]}`;
}

function dataText({ type, data }: TensorValue): string {
  switch (type) {
    case 'string':
      return (data as readonly string[]).map((text) => JSON.stringify(text)).join(',');
    case 'bool':
      return Array.from(data as Uint8Array, (bit) => bit !== 0).join(',');
    case 'float32':
    case 'float64':
      // JSON has no NaN and no infinities: null, as in what clients send.
      return Array.from(data as Float64Array, (value) => (Number.isFinite(value) ? value : 'null')).join(',');
    default:
      return (data as NumericData).join(',');
  }
}
