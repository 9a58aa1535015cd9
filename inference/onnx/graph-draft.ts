import type { OnnxAttribute, OnnxNode, OnnxTensor, OnnxValueInfo } from './onnx-proto.ts';
import { ELEMENT_TYPES, type ElementType } from './tensor-type.ts';

/** A graph in the making. Values are named by the order in which they were added, so that equal drafts give equal bytes. */
export interface GraphDraft {
  /** Before every name that the draft makes. */
  readonly prefix: string;
  readonly nodes: OnnxNode[];
  readonly constants: OnnxTensor[];
}

/** An attribute's value: `{ int: 1 }`, `{ texts: ['a'] }`, … */
export type AttributeValue =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly texts: readonly string[] };

export function createDraft(prefix: string): GraphDraft {
  return { prefix, nodes: [], constants: [] };
}

/** Adds a node with one output, and gives the output's name. `domain` is of the operator set; '' is ONNX's own. */
export function addNode(
  draft: GraphDraft,
  opType: string,
  input: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  domain = '',
): string {
  const output = `${draft.prefix}${opType}_${draft.nodes.length}`;
  const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
  draft.nodes.push({ input: [...input], output: [output], name: output, opType, domain, attribute });
  return output;
}

export function addFloats(draft: GraphDraft, values: Float32Array, dims: readonly number[]): string {
  return addConstant(draft, 'float32', bytesOf(values), dims);
}

/** A constant of int64: a scalar when given a number. */
export function addInts(draft: GraphDraft, values: number | readonly number[]): string {
  const list = typeof values === 'number' ? [values] : values;
  const bytes = bytesOf(BigInt64Array.from(list, BigInt));
  return addConstant(draft, 'int64', bytes, typeof values === 'number' ? [] : [list.length]);
}

/** A graph's input or output; a text as dimension is a symbol: any length, the same wherever the symbol stands. */
export function valueInfo(name: string, type: ElementType, shape: readonly (number | string)[]): OnnxValueInfo {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES[type], shape: { dim } } } };
}

function addConstant(draft: GraphDraft, type: ElementType, rawData: Uint8Array, dims: readonly number[]): string {
  const name = `${draft.prefix}constant_${draft.constants.length}`;
  draft.constants.push({ name, dims: [...dims], dataType: ELEMENT_TYPES[type], rawData });
  return name;
}

/** Little-endian, as ONNX has it and every machine that Node runs on. */
function bytesOf(values: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
}

function attributeOf(name: string, value: AttributeValue): OnnxAttribute {
  const utf8 = new TextEncoder();
  if ('float' in value) return { name, type: 1, f: value.float };
  if ('int' in value) return { name, type: 2, i: value.int };
  if ('text' in value) return { name, type: 3, s: utf8.encode(value.text) };
  if ('floats' in value) return { name, type: 6, floats: [...value.floats] };
  if ('ints' in value) return { name, type: 7, ints: [...value.ints] };
  return { name, type: 8, strings: value.texts.map((text) => utf8.encode(text)) };
}
