import { isJsonObject, type JsonSchema, type JsonValue } from './json.ts';
import { type SchemaFault, schemaFaults } from './schema-faults.ts';

/** What a person filled in on approving, with the form's defaults, and what of it does not fit. */
export interface ReadForm {
  readonly form: JsonValue;
  readonly faults: readonly SchemaFault[];
}

/** Nothing at all is a form in which nothing is filled in. With no schema, anything fits. */
export function readForm(schema: JsonSchema | null, given: JsonValue): ReadForm {
  if (schema === null) return { form: given, faults: [] };
  const form = withDefaults(schema, given ?? {});
  return { form, faults: schemaFaults(schema, form) };
}

/** In one line. @example 'percent: is required; note: must be text, and is 7' */
export function formFaultsText(faults: readonly SchemaFault[]): string {
  return faults.map(({ at, message }) => `${at || '(form)'}: ${message}`).join('; ');
}

function withDefaults(schema: JsonValue | undefined, value: JsonValue): JsonValue {
  if (!isJsonObject(schema)) return value;
  if (Array.isArray(value)) return value.map((item) => withDefaults(schema.items, item));
  if (!isJsonObject(value) || !isJsonObject(schema.properties)) return value;
  const filled = Object.entries(schema.properties).flatMap(([name, property]): [string, JsonValue][] => {
    const given = Object.hasOwn(value, name) ? value[name] : isJsonObject(property) ? property.default : undefined;
    return given === undefined ? [] : [[name, withDefaults(property, given)]];
  });
  return { ...value, ...Object.fromEntries(filled) };
}
