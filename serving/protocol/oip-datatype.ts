import type { TensorType } from '../lifecycle/servable.ts';

/** The Open Inference Protocol's names of tensor types. Text is BYTES. */
const DATATYPES = {
  bool: 'BOOL',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  float32: 'FP32',
  float64: 'FP64',
  string: 'BYTES',
} as const satisfies Record<TensorType, string>;

export type Datatype = (typeof DATATYPES)[TensorType];

export function datatypeOf(type: TensorType): Datatype {
  return DATATYPES[type];
}
