import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject } from '../../ir/json.ts';
import type { ThreadStart } from './thread-messages.ts';

/**
 * Where the graph of a model artifact is: in a folder `model.onnx`, with `signature.json` beside it for its `example`
 * row and whether its maker says that its rows are independent; or the artifact is the .onnx file itself.
 *
 * @throws Error when there is nothing to load, or signature.json is no JSON object.
 */
export async function readModelArtifact(path: string): Promise<ThreadStart> {
  if (!existsSync(path)) throw new Error(`the artifact is not at ${path}. Was it removed?`);
  if (!(await stat(path)).isDirectory()) return { modelPath: path, example: null, saidRowwise: false };
  const modelPath = join(path, 'model.onnx');
  if (!existsSync(modelPath))
    throw new Error(`the artifact at ${path} has no model.onnx. Was it written by another step?`);
  return { modelPath, ...(await readClaims(join(path, 'signature.json'))) };
}

async function readClaims(path: string): Promise<Omit<ThreadStart, 'modelPath'>> {
  if (!existsSync(path)) return { example: null, saidRowwise: false };
  const signature = parseSignature(await readFile(path, 'utf8'));
  if (!isJsonObject(signature)) throw new Error(`${path} is no JSON object.`);
  const example = signature.example ?? null;
  if (example !== null && !isJsonObject(example))
    throw new Error(`'example' in ${path} is no row: give { column: value }.`);
  return { example, saidRowwise: signature.rowwise === true };
}

function parseSignature(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
