import type { JsonSchema, JsonValue } from './json.ts';
import { readBySchema } from './read-by-schema.ts';
import type { SchemaFault } from './schema-findings.ts';

/** What a person filled in on approving, with the form's defaults, and what of it does not fit. */
export interface ReadForm {
  readonly form: JsonValue;
  readonly faults: readonly SchemaFault[];
}

/** Nothing at all is a form in which nothing is filled in. With no schema, anything fits. */
export function readForm(schema: JsonSchema | null, given: JsonValue): ReadForm {
  if (schema === null) return { form: given, faults: [] };
  const { value, faults } = readBySchema(schema, given ?? {});
  return { form: value, faults };
}
