import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MODEL_FILES, readSignature } from '../../inference/index.ts';
import { canonicalJson, type JsonObject } from '../../ir/json.ts';
import { copySource } from './source-path.ts';

/** The signature of an ONNX file or of a model folder. @throws InferenceError `notOnnx` or `signature`. */
export async function modelFileMetadata(source: string): Promise<JsonObject> {
  return { signature: structuredClone(await readSignature(await onnxFile(source))) };
}

/** Takes a model folder in as it is, and an ONNX file as a model folder. */
export async function importModel(source: string, target: string): Promise<void> {
  const file = await onnxFile(source);
  if (file !== source) return copySource(source, target);
  await mkdir(target, { recursive: true });
  await copySource(source, join(target, MODEL_FILES.model));
  await writeFile(join(target, MODEL_FILES.signature), canonicalJson(await readSignature(source)));
}

async function onnxFile(source: string): Promise<string> {
  return (await stat(source)).isDirectory() ? join(source, MODEL_FILES.model) : source;
}
