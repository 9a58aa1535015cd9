import { isJsonObject, type JsonObject, type JsonSchema, type JsonValue } from './json.ts';

/**
 * What a JSON Schema takes, for people: type, bounds, choices.
 *
 * @param root where its references lead.
 * @example kindText({ type: 'integer', minimum: 1, maximum: 5 }, {}) // 'a whole number, 1 to 5'
 */
export function kindText(schema: JsonSchema, root: JsonSchema): string {
  if (Array.isArray(schema.enum)) return alternatives(schema.enum.map(valueText));
  if (schema.const !== undefined) return valueText(schema.const);
  const options = [schema.anyOf, schema.oneOf].find((list) => Array.isArray(list));
  if (Array.isArray(options)) return alternatives(options.map((option) => partText(option, root)));
  if (Array.isArray(schema.type)) return alternatives(schema.type.map((type) => kindText({ ...schema, type }, root)));
  switch (schema.type) {
    case 'string':
      return textKind(schema);
    case 'integer':
      return joined('a whole number', boundsText(schema));
    case 'number':
      return joined('a number', boundsText(schema));
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'object':
      return 'an object';
    case 'array':
      return listText(schema.items === undefined ? 'any JSON' : partText(schema.items, root));
    default:
      return 'any JSON';
  }
}

/** What stands where a schema refers to one of the root's definitions. A definition may refer to itself. */
export function resolved(value: JsonValue | undefined, root: JsonSchema): JsonSchema {
  const schema = objectOf(value);
  if (typeof schema.$ref !== 'string') return schema;
  const { $ref, ...own } = schema;
  return { ...objectOf(objectOf(root.$defs)[$ref.split('/').at(-1) ?? '']), ...own };
}

/** Within another: a definition is told by its type alone, for it may hold itself. */
function partText(value: JsonValue, root: JsonSchema): string {
  const isReference = isJsonObject(value) && typeof value.$ref === 'string';
  const schema = resolved(value, root);
  return kindText(isReference && schema.type !== undefined ? { type: schema.type } : schema, root);
}

function textKind(schema: JsonSchema): string {
  if (schema.format === 'path') return 'a path';
  return joined(typeof schema.format === 'string' ? `text (${schema.format})` : 'text', lengthText(schema));
}

const PLURALS: Readonly<Record<string, string>> = {
  'a number': 'numbers',
  'a whole number': 'whole numbers',
  'a path': 'paths',
  'an object': 'objects',
  'any JSON': 'anything',
};

function listText(item: string): string {
  return `a list of ${PLURALS[item] ?? item}`;
}

function joined(type: string, bounds: string): string {
  return bounds === '' ? type : `${type}, ${bounds}`;
}

function alternatives(texts: readonly string[]): string {
  const last = texts.at(-1) ?? '';
  return texts.length < 2 ? last : `${texts.slice(0, -1).join(', ')} or ${last}`;
}

/** A value among those that may be chosen. */
export function valueText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A bound that every whole number of JavaScript keeps to says nothing. */
export function bound(value: JsonValue | undefined): number | null {
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : null;
}

function boundsText(schema: JsonSchema): string {
  const [least, most] = [bound(schema.minimum), bound(schema.maximum)];
  const [above, below] = [bound(schema.exclusiveMinimum), bound(schema.exclusiveMaximum)];
  if (least !== null && most !== null) return `${least} to ${most}`;
  const low = above !== null ? `above ${above}` : least !== null ? `at least ${least}` : '';
  const high = below !== null ? `below ${below}` : most !== null ? `at most ${most}` : '';
  return [low, high].filter((part) => part !== '').join(' and ');
}

function lengthText({ minLength, maxLength }: JsonSchema): string {
  const [least, most] = [bound(minLength), bound(maxLength)];
  if (least !== null && most !== null) return `${least} to ${most} characters`;
  if (least !== null) return least === 1 ? 'not empty' : `at least ${least} characters`;
  return most === null ? '' : `at most ${most} characters`;
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
