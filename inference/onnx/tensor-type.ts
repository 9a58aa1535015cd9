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

export function elementTypeName(type: number): ElementType | null {
  const found = Object.entries(ELEMENT_TYPES).find(([, number]) => number === type);
  return found ? (found[0] as ElementType) : null;
}
