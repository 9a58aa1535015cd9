import { isJsonObject, type JsonSchema, type JsonValue } from './json.ts';
import { kindText, resolved } from './kind-text.ts';

/**
 * The parameters that a JSON Schema takes, as people read them: what each is, and its default.
 *
 * @example 'minAuc (a number, 0.7 unless given), rates (a list of numbers), source (a path)'
 */
export function paramsText(schema: JsonSchema): string {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const required: readonly JsonValue[] = Array.isArray(schema.required) ? schema.required : [];
  const texts = Object.entries(properties).map(([name, value]) => {
    const property = resolved(value, schema);
    const unasked =
      property.default === undefined ? 'optional' : `${short(JSON.stringify(property.default))} unless given`;
    const isAsked = required.includes(name) && property.default === undefined;
    return `${name} (${short(kindText(property, schema))}${isAsked ? '' : `, ${unasked}`})`;
  });
  return texts.join(', ');
}

const MOST = 60;

function short(text: string): string {
  return text.length > MOST ? `${text.slice(0, MOST - 1)}…` : text;
}
