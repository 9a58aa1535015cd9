import { InferenceError } from '../inference-error.ts';
import { readOnnx } from './onnx-file.ts';
import type { OnnxModel, OnnxValueInfo } from './onnx-proto.ts';
import { type ElementType, elementTypeName } from './tensor-type.ts';

/** What a model takes and gives. JSON, kept in the model's metadata. */
export type Signature<Type extends ElementType = ElementType> = {
  readonly inputs: readonly TensorSpec<Type>[];
  readonly outputs: readonly TensorSpec<Type>[];
  /** A row that the model can be asked, by its inputs' names. */
  readonly example?: ExampleRow;
  /** Said by who made the model: each row is answered by itself, so that strangers' rows may share a run. */
  readonly rowwise?: true;
};

/** A row of raw columns: null is a number that is missing. */
export type ExampleRow = Readonly<Record<string, string | number | null>>;

/** A text in a shape is a symbol such as `rows`: any length; -1 is a length that the file does not name. */
export type TensorSpec<Type extends ElementType = ElementType> = {
  readonly name: string;
  readonly type: Type;
  readonly shape: readonly (number | string)[];
};

/**
 * The signature of any ONNX file.
 *
 * @throws InferenceError `notOnnx`, or `signature` for an input or output that is no tensor.
 */
export async function readSignature(path: string): Promise<Signature> {
  return signatureOf(await readOnnx(path), path);
}

/** `name` is what messages call the model. */
export function signatureOf(model: OnnxModel, name: string): Signature {
  // Older files list their constants among the inputs, where they only stand for defaults.
  const constants = new Set(model.graph.initializer.map((tensor) => tensor.name));
  const inputs = model.graph.input.filter((input) => !constants.has(input.name));
  return {
    inputs: inputs.map((value) => tensorSpec(value, `Input '${value.name}' of ${name}`)),
    outputs: model.graph.output.map((value) => tensorSpec(value, `Output '${value.name}' of ${name}`)),
  };
}

/**
 * Checks that a model takes the inputs that are due: names, types and ranks.
 *
 * @throws InferenceError `signature`, naming what the model has and what is due.
 */
export function expectInputs(signature: Signature, due: readonly TensorSpec[], name: string): void {
  const same = (left: TensorSpec, right: TensorSpec) =>
    left.name === right.name && left.type === right.type && left.shape.length === right.shape.length;
  const fits =
    signature.inputs.length === due.length &&
    due.every((input) => signature.inputs.some((candidate) => same(candidate, input)));
  if (!fits) {
    throw new InferenceError(
      'signature',
      `${name} takes ${describe(signature.inputs)}; what is due is ${describe(due)}. Train or export it for these inputs.`,
    );
  }
}

/** `date int64[rows], origin string[rows]` */
export function describe(tensors: readonly TensorSpec[]): string {
  if (tensors.length === 0) return 'nothing';
  return tensors.map(({ name, type, shape }) => `${name} ${type}[${shape.join(',')}]`).join(', ');
}

function tensorSpec(value: OnnxValueInfo, what: string): TensorSpec {
  const tensor = value.type?.tensorType;
  const type = tensor ? elementTypeName(tensor.elemType) : null;
  if (!tensor || !type) {
    throw new InferenceError(
      'signature',
      `${what} is not a plain tensor. For scikit-learn, export with the option zipmap=False.`,
    );
  }
  const shape = (tensor.shape?.dim ?? []).map((dim) => dim.dimParam || (dim.dimValue ?? -1));
  return { name: value.name, type, shape };
}
