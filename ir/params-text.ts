import { isJsonObject, type JsonSchema } from './json.ts';
import { typeText } from './zod-text.ts';

/**
 * The parameters that a JSON Schema takes, as people read them: what each is, and its default.
 *
 * @example 'minAuc (number, 0.7), rates (list of numbers), source (path)'
 */
export function paramsText(schema: JsonSchema): string {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const definitions = isJsonObject(schema.$defs) ? schema.$defs : {};
  return Object.entries(properties)
    .map(([name, property]) => {
      const notes = [
        kindText(property, definitions),
        isJsonObject(property) && property.default !== undefined
          ? short(JSON.stringify(property.default))
          : required.includes(name)
            ? ''
            : 'optional',
      ];
      return `${name} (${notes.filter((note) => note !== '').join(', ')})`;
    })
    .join(', ');
}

function kindText(schema: unknown, definitions: JsonSchema): string {
  if (!isJsonObject(schema)) return 'any JSON';
  const { $ref, anyOf, oneOf, enum: choices, const: constant, type, format, items } = schema;
  if (typeof $ref === 'string') return referred($ref, definitions);
  const alternatives = anyOf ?? oneOf;
  if (Array.isArray(alternatives)) return alternatives.map((each) => kindText(each, definitions)).join(' or ');
  if (constant !== undefined) return short(JSON.stringify(constant));
  if (Array.isArray(choices)) return short(choices.map((choice) => JSON.stringify(choice)).join(' or '));
  if (format === 'path') return 'path';
  if (type === 'array') return listText(isJsonObject(items) ? kindText(items, definitions) : '');
  if (typeof type === 'string') return bare(type);
  return Array.isArray(type) ? type.map((each) => bare(String(each))).join(' or ') : 'any JSON';
}

/** A definition may refer to itself, so it is not gone into further than to its type. */
function referred(reference: string, definitions: JsonSchema): string {
  const target = definitions[reference.split('/').at(-1) ?? ''];
  return isJsonObject(target) && typeof target.type === 'string' ? bare(target.type) : 'any JSON';
}

/** `number` of `a number`. */
function bare(type: string): string {
  return typeText(type).replace(/^an? /, '');
}

function listText(item: string): string {
  if (item === '' || item === 'any JSON') return 'list';
  return /^(whole number|number|path|object|list)$/.test(item) ? `list of ${item}s` : `list of ${item}`;
}

const MOST = 60;

function short(text: string): string {
  return text.length > MOST ? `${text.slice(0, MOST - 1)}…` : text;
}
