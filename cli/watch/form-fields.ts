import { isJsonObject, type JsonObject, type JsonSchema, type JsonValue } from '../../ir/json.ts';
import { bound, kindText, resolved, valueText } from '../../ir/kind-text.ts';

/** A field of a form, for the person who fills it in. */
export interface FormField {
  readonly name: string;
  /** `stars: a whole number, 1 to 5 (optional)`. */
  readonly text: string;
  /** What stands for its value in a command: `1..5`, `low|high`, `…`. */
  readonly placeholder: string;
  readonly isRequired: boolean;
}

/** What a form asks for. A field with a default may be left out. */
export function formFields(form: JsonSchema): readonly FormField[] {
  const required: readonly JsonValue[] = Array.isArray(form.required) ? form.required : [];
  return Object.entries(objectOf(form.properties)).map(([name, value]) => {
    const schema = resolved(value, form);
    const isRequired = required.includes(name) && schema.default === undefined;
    const unasked = schema.default === undefined ? ' (optional)' : ` (${JSON.stringify(schema.default)} unless given)`;
    const told = typeof schema.description === 'string' ? `. ${schema.description}` : '';
    const text = `${name}: ${kindText(schema, form)}${isRequired ? '' : unasked}${told}`;
    return { name, text, placeholder: placeholderOf(schema), isRequired };
  });
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function placeholderOf(schema: JsonSchema): string {
  if (Array.isArray(schema.enum)) return schema.enum.map(valueText).join('|');
  if (schema.type === 'boolean') return 'true|false';
  const [least, most] = [bound(schema.minimum), bound(schema.maximum)];
  return least !== null && most !== null ? `${least}..${most}` : '…';
}
