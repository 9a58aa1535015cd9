import { createRequire } from 'node:module';
import type { InferenceSession, OnnxValue } from 'onnxruntime-node';
import { InferenceError } from '../inference-error.ts';
import { floatsOf, notLoaded, SESSION_OPTIONS } from './session.ts';

/** A session that answers at once, as it must where an engine's thread waits for the answer. */
export interface DirectSession {
  /** The output's values as float32; good until the next run. */
  run(feeds: Readonly<Record<string, OnnxValue>>, output: string): Float32Array;
  close(): void;
}

/** What onnxruntime-node's public session wraps in a promise and a turn of the event loop, 10 of its 17 µs a run. */
interface Binding {
  readonly binding: { readonly InferenceSession: new () => NativeSession };
  readonly initOrt: () => void;
}
interface NativeSession {
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: InferenceSession.SessionOptions): void;
  run(
    feeds: Readonly<Record<string, OnnxValue>>,
    fetches: Readonly<Record<string, null>>,
    options: InferenceSession.RunOptions,
  ): InferenceSession.OnnxValueMapType;
  dispose(): void;
}

/** @throws InferenceError `notOnnx` when the runtime cannot load the model, with its reason. */
export function openDirectSession(model: Uint8Array): DirectSession {
  const { binding, initOrt } = loadBinding();
  initOrt();
  const session = new binding.InferenceSession();
  try {
    session.loadModel(model.buffer, model.byteOffset, model.byteLength, SESSION_OPTIONS);
  } catch (cause) {
    throw notLoaded('The model', cause);
  }
  return {
    run: (feeds, output) => floatsOf(session.run(feeds, { [output]: null }, {}), output),
    close: () => session.dispose(),
  };
}

/** The package's version is pinned, for this is inside it; `direct-session.test.ts` says when a newer one differs. */
function loadBinding(): Binding {
  const loaded: unknown = createRequire(import.meta.url)('onnxruntime-node/dist/binding.js');
  if (typeof loaded === 'object' && loaded !== null && 'binding' in loaded && 'initOrt' in loaded) {
    return loaded as Binding;
  }
  throw new InferenceError('notOnnx', 'This version of onnxruntime-node is not known: install the one Millrace names.');
}
