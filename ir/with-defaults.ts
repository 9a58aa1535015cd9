import { isJsonObject, type JsonObject, type JsonSchema } from './json.ts';

/** An object with the defaults filled in that its schema gives: a field left out and its default given are the same. */
export function withDefaults(schema: JsonSchema, values: JsonObject): JsonObject {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const defaults = Object.entries(properties).flatMap(([name, property]) =>
    isJsonObject(property) && property.default !== undefined ? [[name, property.default] as const] : [],
  );
  return { ...Object.fromEntries(defaults), ...values };
}
