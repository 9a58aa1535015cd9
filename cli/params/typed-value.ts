import { isJsonObject, type JsonSchema, type JsonValue } from '../../ir/json.ts';

/**
 * A parameter's value out of text, by what its JSON Schema says it is. Text stays text where a string is due, so that
 * `id=007` does not become 7. A list may be written as JSON or with commas. Where text does not fit, it stays text, and
 * the submission is refused with the parameter's name.
 *
 * @param definitions The `$defs` of the whole schema.
 */
export function typedValue(text: string, schema: JsonSchema, definitions: JsonSchema = {}): JsonValue {
  const types = typesOf(schema, definitions);
  if (text === 'null' && types.includes('null')) return null;
  for (const type of types) {
    const value = asType(text, type, schema, definitions);
    if (value !== undefined) return value;
  }
  return types.length === 0 ? (parsed(text) ?? text) : text;
}

/** Strings last: they would take any text away from the others. */
function typesOf(schema: JsonSchema, definitions: JsonSchema): readonly string[] {
  const reference = schema.$ref;
  if (typeof reference === 'string') {
    const target = definitions[reference.split('/').at(-1) ?? ''];
    return isJsonObject(target) ? typesOf(target, definitions) : [];
  }
  const own = Array.isArray(schema.type)
    ? schema.type.map(String)
    : typeof schema.type === 'string'
      ? [schema.type]
      : [];
  const listed = Array.isArray(schema.enum) ? schema.enum.map((value) => (value === null ? 'null' : typeof value)) : [];
  const options = [schema.anyOf, schema.oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
  const inner = options.flatMap((option) => (isJsonObject(option) ? typesOf(option, definitions) : []));
  const all = [...new Set([...own, ...(own.length === 0 ? listed : []), ...inner])];
  return [...all.filter((type) => type !== 'string'), ...all.filter((type) => type === 'string')];
}

function asType(text: string, type: string, schema: JsonSchema, definitions: JsonSchema): JsonValue | undefined {
  if (type === 'string') return text;
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  if (type === 'number' || type === 'integer') {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  if (type === 'array') return asList(text, schema, definitions);
  if (type === 'object') {
    const value = parsed(text);
    return isJsonObject(value) ? value : undefined;
  }
  return undefined;
}

function asList(text: string, schema: JsonSchema, definitions: JsonSchema): JsonValue | undefined {
  if (text.trim().startsWith('[')) {
    const value = parsed(text);
    return Array.isArray(value) ? value : undefined;
  }
  const items = isJsonObject(schema.items) ? schema.items : {};
  return text === '' ? [] : text.split(',').map((part) => typedValue(part.trim(), items, definitions));
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
