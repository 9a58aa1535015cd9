import type { Binding, Path } from './binding.ts';
import { isJsonObject, type JsonValue } from './json.ts';

/**
 * Where bindings find their values. `undefined` is "there is none", as for an optional parameter that was not given;
 * it leaves its field out of an object, as in JSON.
 */
export interface BindingSource {
  param(): JsonValue;
  output(address: string): JsonValue | undefined;
  item(fanOut: string, field: 'item' | 'index'): JsonValue | undefined;
  carried(loop: string, field: 'value' | 'iteration'): JsonValue | undefined;
  run(field: Extract<Binding, { kind: 'run' }>['field']): JsonValue;
  registered(model: string, selector: string): JsonValue | undefined;
}

export function evaluateBinding(binding: Binding, source: BindingSource): JsonValue | undefined {
  switch (binding.kind) {
    case 'literal':
      return binding.value;
    case 'param':
      return partOf(source.param(), binding.path);
    case 'output':
      return partOf(source.output(binding.node), binding.path);
    case 'item':
      return partOf(source.item(binding.fanOut, binding.field), binding.path);
    case 'carried':
      return partOf(source.carried(binding.loop, binding.field), binding.path);
    case 'run':
      return source.run(binding.field);
    case 'registered':
      return source.registered(binding.model, binding.selector);
    case 'format':
      return formatText(
        binding.strings,
        binding.values.map((value) => evaluateBinding(value, source)),
      );
    case 'object':
      return evaluateFields(binding.fields, source);
    case 'array':
      return binding.items.map((item) => evaluateBinding(item, source) ?? null);
    case 'aggregate':
      return aggregate(binding.op, evaluateBinding(binding.of, source), binding.path);
  }
}

/** An object of evaluated fields; those with no value are left out. */
export function evaluateFields(
  fields: Readonly<Record<string, Binding>>,
  source: BindingSource,
): Record<string, JsonValue> {
  const values: Record<string, JsonValue> = {};
  for (const [name, binding] of Object.entries(fields)) {
    const value = evaluateBinding(binding, source);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** The part of a value at a path; undefined where the path leads nowhere. */
export function partOf(value: JsonValue | undefined, path: Path): JsonValue | undefined {
  let part = value;
  for (const key of path) {
    if (Array.isArray(part) && typeof key === 'number') part = part[key];
    else if (isJsonObject(part) && Object.hasOwn(part, key)) part = part[key];
    else return undefined;
  }
  return part;
}

function formatText(strings: readonly string[], values: readonly (JsonValue | undefined)[]): string {
  return strings.reduce((text, next, index) => text + textOf(values[index - 1]) + next);
}

function textOf(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value;
  return value === undefined ? 'null' : JSON.stringify(value);
}

function aggregate(op: 'count' | 'min' | 'max' | 'all' | 'any', list: JsonValue | undefined, path: Path): JsonValue {
  const slots = (Array.isArray(list) ? (list as readonly JsonValue[]) : []).map((item) => partOf(item, path) ?? null);
  const items = slots.filter((item) => item !== null);
  switch (op) {
    case 'count':
      return items.length;
    case 'all':
      // A failed item is not true: a gate over all of them must not pass on the ones that are left.
      return slots.every((item) => item === true);
    case 'any':
      return items.some((item) => item === true);
    default:
      return extreme(items, op);
  }
}

/** The least or greatest of numbers or of texts (by code units); null of an empty list. */
function extreme(items: readonly JsonValue[], op: 'min' | 'max'): JsonValue {
  return items.reduce<JsonValue>((best, item) => {
    if (best === null || item === null) return best ?? item;
    return (op === 'min' ? item < best : item > best) ? item : best;
  }, null);
}
