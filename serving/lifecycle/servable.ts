import type { JsonObject } from '../../ir/json.ts';

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
} as const;

export type TensorType = keyof typeof TENSOR_ARRAYS | 'string';
export type NumericData = InstanceType<(typeof TENSOR_ARRAYS)[keyof typeof TENSOR_ARRAYS]>;

/** What a model says of one of its inputs or outputs. A dimension is null where it may be of any size. */
export interface TensorSpec {
  readonly name: string;
  readonly type: TensorType;
  readonly dims: readonly (number | null)[];
}

/** Elements in row-major order. */
export interface TensorValue {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly data: NumericData | readonly string[];
}

export type TensorMap = Readonly<Record<string, TensorValue>>;

export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /**
   * Whether rows of several requests may go in one run, for each is answered as it would be alone, and in its place: tried
   * with rows that differ, or, where the artifact has no row to try, said by its maker.
   */
  readonly rowwise: boolean;
  /** One row by column name, to try the model with; null when the artifact has none. */
  readonly example: JsonObject | null;
}

/** A model that is loaded and warm. */
export interface Servable {
  readonly signature: Signature;
  /** False once it can never answer again (its thread has died). */
  readonly alive: boolean;
  /** @throws Error with ONNX Runtime's words when the model cannot compute these values. */
  run(feeds: TensorMap, outputs: readonly string[]): Promise<TensorMap>;
  close(): Promise<void>;
}

/** Loads and warms a model artifact (a file or a folder) without holding up the caller's thread. */
export type Loader = (path: string) => Promise<Servable>;
