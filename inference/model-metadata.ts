import { PROBABILITY } from './onnx/join-transform.ts';
import type { ExampleRow, Signature } from './onnx/signature.ts';
import { inputTensors, type Transform } from './transform/transform.ts';

/** What a model artifact says of itself: the signature of the model that `writeModel` makes with this transform. */
export function modelMetadata(transform: Transform, example?: ExampleRow): { readonly signature: Signature } {
  const signature = { inputs: inputTensors(transform), outputs: [PROBABILITY], rowwise: true } as const;
  return { signature: example ? { ...signature, example } : signature };
}
