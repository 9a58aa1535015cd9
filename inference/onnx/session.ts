import type { InferenceSession } from 'onnxruntime-node';
import { InferenceError } from '../inference-error.ts';

/**
 * One thread: models of tables gain nothing from threads within a run, and chunks or requests side by side gain all of it.
 */
export const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  // What is wrong is thrown, in the same words.
  logSeverityLevel: 4,
};

/**
 * An ONNX session on one thread. Loading and running block the thread they are called on.
 *
 * @throws InferenceError `notOnnx` when the runtime cannot load the model, with its reason.
 */
export async function openSession(model: string | Uint8Array): Promise<InferenceSession> {
  // Loaded when a handler runs: pipelines that only name a step are compiled without the engine.
  const { InferenceSession } = await import('onnxruntime-node');
  const opening =
    typeof model === 'string'
      ? InferenceSession.create(model, SESSION_OPTIONS)
      : InferenceSession.create(model, SESSION_OPTIONS);
  return opening.catch((cause: unknown) => {
    throw notLoaded(typeof model === 'string' ? model : 'The model', cause);
  });
}

export function notLoaded(name: string, cause: unknown): InferenceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new InferenceError('notOnnx', `${name} cannot be loaded by ONNX Runtime: ${reason}`, { cause });
}

/** The values of an output, as float32. */
export function floatsOf(results: InferenceSession.OnnxValueMapType, name: string): Float32Array {
  const value: unknown = results[name];
  const data = typeof value === 'object' && value !== null && 'data' in value ? value.data : null;
  if (data instanceof Float32Array) return data;
  throw new InferenceError('signature', `The model gives no float32 output '${name}'.`);
}
