import { readFile } from 'node:fs/promises';
import { InferenceError } from '../inference-error.ts';
import type { GraphDraft } from './graph-draft.ts';
import { decodeModel, encodeModel, type OnnxModel, type OnnxValueInfo } from './onnx-proto.ts';

/** What Millrace writes: old enough for every runtime of the last years, new enough for all that it uses. */
const IR_VERSION = 8;
export const OPSETS = { '': 17, 'ai.onnx.ml': 3 } as const;

/** A draft as a complete model, ready for `encodeModel`. */
export function modelOf(
  draft: GraphDraft,
  graph: { readonly name: string; readonly input: OnnxValueInfo[]; readonly output: OnnxValueInfo[] },
): OnnxModel {
  return {
    irVersion: IR_VERSION,
    producerName: 'millrace',
    opsetImport: Object.entries(OPSETS).map(([domain, version]) => ({ domain, version })),
    graph: { ...graph, node: draft.nodes, initializer: draft.constants },
  };
}

/** @throws InferenceError `notOnnx` when the file is missing or is no ONNX model. */
export async function readOnnx(path: string): Promise<OnnxModel> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new InferenceError('notOnnx', `There is no file to read at ${path}.`, { cause });
  });
  return parseOnnx(bytes, path);
}

/** `name` is what messages call the bytes. @throws InferenceError `notOnnx`. */
export function parseOnnx(bytes: Uint8Array, name: string): OnnxModel {
  const model = tryDecode(bytes);
  const graph = model?.graph;
  if (!model?.irVersion || !graph || graph.node.length + graph.initializer.length === 0 || graph.output.length === 0) {
    throw new InferenceError('notOnnx', `${name} is not an ONNX file: export the model as ONNX, opset 13 or later.`);
  }
  return model as OnnxModel;
}

function tryDecode(bytes: Uint8Array): Partial<OnnxModel> | null {
  try {
    return decodeModel(bytes);
  } catch {
    // Not a protocol buffer at all; the caller says so in the words of its user.
    return null;
  }
}

export { encodeModel };
