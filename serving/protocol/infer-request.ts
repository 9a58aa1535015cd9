import { isJsonObject } from '../../ir/json.ts';
import type { ServedSignature, TensorMap, TensorValue } from '../lifecycle/servable.ts';
import { ServingError } from '../serving-error.ts';
import { decodeTensor, type GivenTensor } from './decode-tensor.ts';
import { holdsRoundedInteger, quoteLongIntegers } from './exact-integers.ts';

/** The body of an infer request, its form checked but not yet held against a model. */
export interface InferBody {
  readonly id: string | null;
  readonly inputs: ReadonlyMap<string, GivenTensor>;
  /** Names of the outputs asked for; null for all. */
  readonly outputs: readonly string[] | null;
}

/** @throws ServingError `invalid` when the text is no JSON, or not of the protocol's form. */
export function parseInferBody(text: string): InferBody {
  const body = parseJson(text);
  if (!isJsonObject(body)) throw invalid('The body is no JSON object. Send { "inputs": [ … ] }.');
  const { id = null, outputs = null } = body;
  if (id !== null && typeof id !== 'string') throw invalid("'id' must be a text.");
  const inputs = namedItems('inputs', body.inputs);
  const rounded = [...inputs.values()].some((input) => isLong(input.datatype) && holdsRoundedInteger(input.data));
  return {
    id,
    inputs: rounded ? withExactIntegers(inputs, text) : inputs,
    outputs: outputs === null ? null : [...namedItems('outputs', outputs).keys()],
  };
}

/**
 * A request's tensors for a model: each input once, of its type and shape, with the same number of rows.
 *
 * @throws ServingError `invalid`, naming the input.
 */
export function decodeFeeds(signature: ServedSignature, body: InferBody): TensorMap {
  const names = signature.inputs.map((input) => input.name);
  const unknown = [...body.inputs.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) throw invalid(`There is no input '${unknown}'. Inputs: ${names.join(', ')}.`);
  const feeds: Record<string, TensorValue> = {};
  for (const spec of signature.inputs) {
    const given = body.inputs.get(spec.name);
    if (!given) throw invalid(`Input '${spec.name}' is missing. Inputs: ${names.join(', ')}.`);
    feeds[spec.name] = decodeTensor(spec, given);
  }
  if (signature.rowwise) checkRows(feeds);
  return feeds;
}

/** @throws ServingError `invalid` when the model has no such output. */
export function requestedOutputs(signature: ServedSignature, body: InferBody): readonly string[] {
  const names = signature.outputs.map((output) => output.name);
  const unknown = body.outputs?.find((name) => !names.includes(name));
  if (unknown !== undefined) throw invalid(`There is no output '${unknown}'. Outputs: ${names.join(', ')}.`);
  return body.outputs && body.outputs.length > 0 ? body.outputs : names;
}

function checkRows(feeds: TensorMap): void {
  const [first, ...others] = Object.entries(feeds);
  const other = others.find(([, tensor]) => tensor.dims[0] !== first?.[1].dims[0]);
  if (!first || !other) return;
  const rows = `'${first[0]}' has ${first[1].dims[0]} rows and '${other[0]}' has ${other[1].dims[0]}`;
  throw invalid(`Input ${rows}. Give all inputs the same number of rows.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`The body is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function namedItems(field: 'inputs' | 'outputs', list: unknown): Map<string, GivenTensor> {
  if (!Array.isArray(list)) throw invalid(`'${field}' must be a list of objects with a name.`);
  const items = new Map<string, GivenTensor>();
  for (const item of list) {
    if (!isJsonObject(item) || typeof item.name !== 'string') {
      throw invalid(`Each of '${field}' must be an object with a 'name'.`);
    }
    if (items.has(item.name)) throw invalid(`'${item.name}' stands twice in '${field}'.`);
    items.set(item.name, item);
  }
  return items;
}

/** The data of 64-bit integers once more, with all their digits. Other inputs stay as they were parsed. */
function withExactIntegers(inputs: ReadonlyMap<string, GivenTensor>, text: string): Map<string, GivenTensor> {
  const body = parseJson(quoteLongIntegers(text));
  const exact = namedItems('inputs', isJsonObject(body) ? body.inputs : null);
  return new Map(
    [...inputs].map(([name, input]) => [
      name,
      isLong(input.datatype) ? { ...input, data: exact.get(name)?.data } : input,
    ]),
  );
}

function isLong(datatype: unknown): boolean {
  return datatype === 'INT64' || datatype === 'UINT64';
}

function invalid(message: string): ServingError {
  return new ServingError('invalid', message);
}
