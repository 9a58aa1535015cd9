import type { Signature, TensorSpec } from '../../inference/onnx/signature.ts';
import type { TENSOR_ARRAYS } from '../../inference/onnx/tensor-type.ts';
import type { JsonObject } from '../../ir/json.ts';

export type TensorType = keyof typeof TENSOR_ARRAYS | 'string';
export type NumericData = InstanceType<(typeof TENSOR_ARRAYS)[keyof typeof TENSOR_ARRAYS]>;

/** An input or output of a kind that is served. */
export type ServedTensor = TensorSpec<TensorType>;

/** Elements in row-major order. */
export interface TensorValue {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly data: NumericData | readonly string[];
}

export type TensorMap = Readonly<Record<string, TensorValue>>;

/** What a model takes and gives, and what was found out when it was loaded. */
export interface ServedSignature extends Pick<Signature<TensorType>, 'inputs' | 'outputs'> {
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
  readonly signature: ServedSignature;
  /** False once it can never answer again (its thread has died). */
  readonly alive: boolean;
  /** @throws Error with ONNX Runtime's words when the model cannot compute these values. */
  run(feeds: TensorMap, outputs: readonly string[]): Promise<TensorMap>;
  close(): Promise<void>;
}

/** Loads and warms a model artifact (a file or a folder) without holding up the caller's thread. */
export type Loader = (path: string) => Promise<Servable>;
