import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  addFloats,
  addInts,
  addNode,
  createDraft,
  type GraphDraft,
  valueInfo,
} from '../../inference/onnx/graph-draft.ts';
import { modelOf } from '../../inference/onnx/onnx-file.ts';
import { encodeModel, type OnnxValueInfo } from '../../inference/onnx/onnx-proto.ts';

/** Models of a few nodes, of which a test knows the answers. All take raw columns, as a joined graph does. */

/** `score` is `distance + 1000 × version`; `when` and `from` give `date` and `origin` back. */
export function scoringModel(version: number): Uint8Array {
  const draft = createDraft('n');
  give(draft, 'score', 'Add', ['distance', addFloats(draft, Float32Array.of(version * 1000), [1])]);
  give(draft, 'when', 'Identity', ['date']);
  give(draft, 'from', 'Identity', ['origin']);
  return encode(
    draft,
    [
      valueInfo('date', 'int64', ['rows']),
      valueInfo('origin', 'string', ['rows']),
      valueInfo('distance', 'float32', ['rows', 1]),
    ],
    [
      valueInfo('score', 'float32', ['rows', 1]),
      valueInfo('when', 'int64', ['rows']),
      valueInfo('from', 'string', ['rows']),
    ],
  );
}

/** `number` is what `text` says; ONNX Runtime throws for the whole run when one of the texts is no number. */
export function pickyModel(): Uint8Array {
  const draft = createDraft('n');
  give(draft, 'number', 'Identity', [addNode(draft, 'Cast', ['text'], { to: { int: 1 } })]);
  return encode(draft, [valueInfo('text', 'string', ['rows'])], [valueInfo('number', 'float32', ['rows'])]);
}

/** `total` is the sum of all rows, though its shape says that each row has one: requests must not share its runs. */
export function summingModel(): Uint8Array {
  const draft = createDraft('n');
  const axes = addInts(draft, [0]);
  give(draft, 'total', 'Identity', [addNode(draft, 'ReduceSum', ['x', axes], { keepdims: { int: 1 } })]);
  return encode(draft, [valueInfo('x', 'float32', ['rows'])], [valueInfo('total', 'float32', ['rows'])]);
}

/** `centred` is how far each row lies from the mean of all: as many answers as rows, and none of them a row's own. */
export function centringModel(): Uint8Array {
  const draft = createDraft('n');
  const mean = addNode(draft, 'ReduceMean', ['x'], { axes: { ints: [0] }, keepdims: { int: 1 } });
  give(draft, 'centred', 'Sub', ['x', mean]);
  return encode(draft, [valueInfo('x', 'float32', ['rows'])], [valueInfo('centred', 'float32', ['rows'])]);
}

/** Gives each input back: one column of every type that the protocol has. */
export function echoModel(types: readonly Parameters<typeof valueInfo>[1][]): Uint8Array {
  const draft = createDraft('n');
  for (const type of types) give(draft, `${type}_out`, 'Identity', [type]);
  return encode(
    draft,
    types.map((type) => valueInfo(type, type, ['rows'])),
    types.map((type) => valueInfo(`${type}_out`, type, ['rows'])),
  );
}

/** Gives rows of three numbers back. */
export function matrixModel(): Uint8Array {
  const draft = createDraft('n');
  give(draft, 'y', 'Identity', ['x']);
  return encode(draft, [valueInfo('x', 'float32', ['rows', 3])], [valueInfo('y', 'float32', ['rows', 3])]);
}

/** A model artifact: a folder with the graph and an example row. */
export async function writeModelFolder(folder: string, model: Uint8Array, example: object): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model.onnx'), model);
  await writeFile(join(folder, 'signature.json'), JSON.stringify({ example }));
  return folder;
}

export async function writeModelFile(path: string, model: Uint8Array): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, model);
  return path;
}

function give(draft: GraphDraft, output: string, opType: string, input: string[]): void {
  draft.nodes.push({ input, output: [output], name: output, opType, domain: '', attribute: [] });
}

function encode(draft: GraphDraft, input: OnnxValueInfo[], output: OnnxValueInfo[]): Uint8Array {
  return encodeModel(modelOf(draft, { name: 'tiny', input, output }));
}
