import { isJsonObject, type JsonObject, type JsonSchema, type JsonValue } from '../../ir/json.ts';

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
    const text = `${name}: ${typeText(schema, form)}${isRequired ? '' : unasked}${told}`;
    return { name, text, placeholder: placeholderOf(schema), isRequired };
  });
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** A field that names one of the form's definitions is that one. */
function resolved(value: JsonValue | undefined, form: JsonSchema): JsonSchema {
  const schema = objectOf(value);
  if (typeof schema.$ref !== 'string') return schema;
  const { $ref, ...own } = schema;
  return { ...objectOf(objectOf(form.$defs)[$ref.split('/').at(-1) ?? '']), ...own };
}

function typeText(schema: JsonSchema, form: JsonSchema): string {
  if (Array.isArray(schema.enum)) return alternatives(schema.enum.map(valueText));
  if (schema.const !== undefined) return valueText(schema.const);
  const options = [schema.anyOf, schema.oneOf].find((list) => Array.isArray(list));
  if (Array.isArray(options)) return alternatives(options.map((option) => typeText(resolved(option, form), form)));
  if (Array.isArray(schema.type)) return alternatives(schema.type.map((type) => typeText({ ...schema, type }, form)));
  switch (schema.type) {
    case 'string':
      return joined(typeof schema.format === 'string' ? `text (${schema.format})` : 'text', lengthText(schema));
    case 'integer':
      return joined('a whole number', boundsText(schema));
    case 'number':
      return joined('a number', boundsText(schema));
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array':
      return `a list of ${typeText(resolved(schema.items, form), form)}`;
    default:
      return 'JSON';
  }
}

function joined(type: string, bounds: string): string {
  return bounds === '' ? type : `${type}, ${bounds}`;
}

function alternatives(texts: readonly string[]): string {
  const last = texts.at(-1) ?? '';
  return texts.length < 2 ? last : `${texts.slice(0, -1).join(', ')} or ${last}`;
}

function valueText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A bound that every whole number of JavaScript keeps to says nothing. */
function bound(value: JsonValue | undefined): number | null {
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

function placeholderOf(schema: JsonSchema): string {
  if (Array.isArray(schema.enum)) return schema.enum.map(valueText).join('|');
  if (schema.type === 'boolean') return 'true|false';
  const [least, most] = [bound(schema.minimum), bound(schema.maximum)];
  return least !== null && most !== null ? `${least}..${most}` : '…';
}
