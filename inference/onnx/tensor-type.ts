/** ONNX's numbers for the element types of tensors, by the names that onnxruntime uses. */
export const ELEMENT_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
} as const;
export type ElementType = keyof typeof ELEMENT_TYPES;

/** Arrays that a tensor's elements lie in; texts lie in a plain array, booleans as 0 and 1 in a Uint8Array. */
export const TENSOR_ARRAYS = {
  bool: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const satisfies Partial<Record<ElementType, unknown>>;

/** The size of a dimension as a shape says it; null where it may be any, and has a name or -1. */
export function fixedSize(dim: number | string): number | null {
  return typeof dim === 'number' && dim >= 0 ? dim : null;
}

export function elementTypeName(type: number): ElementType | null {
  const found = Object.entries(ELEMENT_TYPES).find(([, number]) => number === type);
  return found ? (found[0] as ElementType) : null;
}
