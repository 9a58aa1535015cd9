import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../ir/json.ts';
import { InferenceError } from './inference-error.ts';
import { joinTransform } from './onnx/join-transform.ts';
import { encodeModel } from './onnx/onnx-file.ts';
import type { OnnxModel } from './onnx/onnx-proto.ts';
import { type ExampleRow, type Signature, signatureOf } from './onnx/signature.ts';
import { readTransform, type Transform } from './transform/transform.ts';

/**
 * A model artifact is a folder, digested as a whole:
 *
 * - `model.onnx`: what is served. Raw columns in, each [rows] (text as string, number as float32, time as int64
 *   microseconds since 1970-01-01 UTC), `probability` float32 [rows] out.
 * - `core.onnx` and `transform.json`: the same in two halves, for bulk scoring.
 * - `signature.json`: the names, types and shapes of model.onnx, and a row to try it with.
 *
 * A model with no transform (one that was imported) has model.onnx and signature.json only.
 */
export const MODEL_FILES = {
  model: 'model.onnx',
  core: 'core.onnx',
  transform: 'transform.json',
  signature: 'signature.json',
} as const;

/**
 * Writes a model folder from a transform and the ONNX model of its features, and gives its signature. `example` is a row of
 * real data, as `readFeatures` gives one: serving warms the model up with it and shows it to those who want to ask.
 *
 * The core has to answer each row by itself, as a transform does: tables are cut into runs where it suits, and rows of
 * several clients share one.
 *
 * @throws InferenceError `signature` when the core does not take what the transform gives.
 */
export async function writeModel(
  folder: string,
  transform: Transform,
  core: OnnxModel,
  example?: ExampleRow,
): Promise<Signature> {
  const joined = joinTransform(transform, core);
  const signature = { ...signatureOf(joined, 'the model'), ...(example && { example }), rowwise: true } as const;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, MODEL_FILES.model), encodeModel(joined));
  await writeFile(join(folder, MODEL_FILES.core), encodeModel(core));
  await writeFile(join(folder, MODEL_FILES.transform), canonicalJson(transform));
  await writeFile(join(folder, MODEL_FILES.signature), canonicalJson(signature));
  return signature;
}

/** The halves of a model for bulk scoring. @throws InferenceError `notAModel` when the folder lacks them. */
export async function readModel(folder: string): Promise<{ readonly transform: Transform; readonly core: Uint8Array }> {
  const core = await readFile(join(folder, MODEL_FILES.core)).catch((cause: unknown) => {
    const message = `${folder} is no model with a transform: it has no ${MODEL_FILES.core}. Write it with writeModel of millrace/onnx.`;
    throw new InferenceError('notAModel', message, { cause });
  });
  return { transform: await readTransform(join(folder, MODEL_FILES.transform)), core };
}
