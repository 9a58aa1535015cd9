import { TENSOR_ARRAYS } from '../../inference/onnx/tensor-type.ts';
import type { ServedTensor, TensorType, TensorValue } from '../lifecycle/servable.ts';
import { ServingError } from '../serving-error.ts';
import { shownValue } from './shown-value.ts';

type IntegerType = Extract<TensorType, `${'int' | 'uint'}${number}`>;

/** Least and greatest value of each integer type. */
const RANGES: Readonly<Record<Exclude<IntegerType, 'int64' | 'uint64'>, readonly [number, number]>> = {
  int8: [-0x80, 0x7f],
  int16: [-0x8000, 0x7fff],
  int32: [-0x80000000, 0x7fffffff],
  uint8: [0, 0xff],
  uint16: [0, 0xffff],
  uint32: [0, 0xffffffff],
};
const LONG_RANGES = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
} as const;
/** ONNX Runtime would cut a text at a NUL, and change half a surrogate pair into another character. */
const UNSPEAKABLE = /\0|\p{Surrogate}/u;
const INTEGER_TEXT = /^-?\d{1,20}$/;

/**
 * JSON values as a tensor's elements. Nothing is rounded, cut or guessed: what does not fit the type is refused. A null
 * is NaN in a float tensor, for JSON has no NaN; other tensors have none.
 *
 * @throws ServingError `invalid`, naming input, place and value.
 */
export function decodeElements(spec: ServedTensor, values: readonly unknown[]): TensorValue['data'] {
  switch (spec.type) {
    case 'string':
      return decodeTexts(spec, values);
    case 'bool':
      return fill(spec, new Uint8Array(values.length), values, (value) =>
        typeof value === 'boolean' ? Number(value) : null,
      );
    case 'float32':
      return fill(spec, new Float32Array(values.length), values, (value) => fitFloat(value, Math.fround));
    case 'float64':
      return fill(spec, new Float64Array(values.length), values, (value) => fitFloat(value, Number));
    case 'int64':
    case 'uint64':
      return decodeLongs(spec, spec.type, values);
    default: {
      const [least, greatest] = RANGES[spec.type];
      const fits = (value: unknown) =>
        Number.isInteger(value) && (value as number) >= least && (value as number) <= greatest;
      return fill(spec, new TENSOR_ARRAYS[spec.type](values.length), values, (value) =>
        fits(value) ? (value as number) : null,
      );
    }
  }
}

/** The number to store, or null for a value that does not fit. */
type NumberOf = (value: unknown) => number | null;

function fill<A extends { [index: number]: number }>(
  spec: ServedTensor,
  into: A,
  values: readonly unknown[],
  numberOf: NumberOf,
): A {
  for (let index = 0; index < values.length; index += 1) {
    const number = numberOf(values[index]);
    if (number === null) throw refuse(spec, index, values[index]);
    into[index] = number;
  }
  return into;
}

function fitFloat(value: unknown, round: (value: number) => number): number | null {
  if (value === null) return Number.NaN;
  if (typeof value !== 'number') return null;
  const rounded = round(value);
  return Number.isFinite(value) && !Number.isFinite(rounded) ? null : rounded;
}

function decodeLongs(spec: ServedTensor, type: 'int64' | 'uint64', values: readonly unknown[]) {
  const [least, greatest] = LONG_RANGES[type];
  const data = new TENSOR_ARRAYS[type](values.length);
  for (let index = 0; index < values.length; index += 1) {
    const long = longOf(values[index]);
    if (long === null || long < least || long > greatest) throw refuse(spec, index, values[index]);
    data[index] = long;
  }
  return data;
}

/** Past 2^53 a JavaScript number has lost digits, so those come as text: see exact-integers.ts. */
function longOf(value: unknown): bigint | null {
  if (Number.isSafeInteger(value)) return BigInt(value as number);
  return typeof value === 'string' && INTEGER_TEXT.test(value) ? BigInt(value) : null;
}

function decodeTexts(spec: ServedTensor, values: readonly unknown[]): readonly string[] {
  values.forEach((value, index) => {
    if (typeof value !== 'string' || UNSPEAKABLE.test(value)) throw refuse(spec, index, value);
  });
  return values as readonly string[];
}

const EXPECTED: Readonly<Record<TensorType, string>> = {
  bool: 'true or false',
  int8: 'a whole number from -128 to 127',
  int16: 'a whole number from -32768 to 32767',
  int32: 'a whole number of 32 bits',
  int64: 'a whole number of 64 bits (as text, if you like)',
  uint8: 'a whole number from 0 to 255',
  uint16: 'a whole number from 0 to 65535',
  uint32: 'a whole number of 32 bits, zero or more',
  uint64: 'a whole number of 64 bits, zero or more (as text, if you like)',
  float32: 'a number in the range of 32-bit floats, or null for NaN',
  float64: 'a number, or null for NaN',
  string: 'a text without NUL and without broken surrogates',
};

function refuse(spec: ServedTensor, index: number, value: unknown): ServingError {
  return new ServingError(
    'invalid',
    `Input '${spec.name}' has ${shownValue(value)} at index ${index}. Give ${EXPECTED[spec.type]}.`,
  );
}
