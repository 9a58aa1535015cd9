import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** What the schema of a table's rows asks for, in the terms of columns: all that can be checked without the user's code. */
export interface RowRules {
  readonly columns: readonly ColumnRule[];
  /** Whether columns beside these are refused. */
  readonly strict: boolean;
}

export interface ColumnRule {
  readonly name: string;
  readonly type: ValueType;
  /** Whether the table must have the column. */
  readonly required: boolean;
  /** Whether a row may lack a value. */
  readonly nullable: boolean;
  /** What holds of each value that is there. */
  readonly checks: readonly ValueCheck[];
}

/** `any` is what the schema says nothing of. */
export type ValueType = 'any' | 'text' | 'number' | 'integer' | 'boolean' | 'date' | 'time';
export type Scalar = string | number | boolean;

export type ValueCheck =
  | { readonly kind: 'minimum' | 'exclusiveMinimum' | 'maximum' | 'exclusiveMaximum'; readonly bound: number }
  | { readonly kind: 'minLength' | 'maxLength'; readonly length: number }
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'oneOf'; readonly values: readonly Scalar[] };

/** A schema of rows that tables cannot be checked against. The message names the column and what to write instead. */
export class RowSchemaError extends Error {
  override readonly name = 'RowSchemaError';
}

/** Keywords of JSON Schema that constrain and are not checked here. Others say nothing of values: they are annotations. */
const UNCHECKED = [
  ...['$ref', '$dynamicRef', 'oneOf', 'not', 'if', 'dependentSchemas', 'dependentRequired', 'multipleOf'],
  ...['properties', 'patternProperties', 'propertyNames', 'minProperties', 'maxProperties', 'unevaluatedProperties'],
  ...['items', 'prefixItems', 'contains', 'minItems', 'maxItems', 'uniqueItems', 'unevaluatedItems'],
];
const UNCHECKED_OF_ROWS = [...UNCHECKED.filter((word) => word !== 'properties'), 'allOf', 'anyOf', 'enum', 'const'];

/**
 * Reads the JSON Schema of a table's rows.
 *
 * @throws RowSchemaError for what cannot be checked column by column: nothing of a schema is passed over.
 */
export function rowRules(schema: JsonObject): RowRules {
  refuseUnchecked(schema, UNCHECKED_OF_ROWS, 'The rows have');
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const names = [...new Set([...Object.keys(properties), ...required])];
  const others = schema.additionalProperties ?? true;
  if (isJsonObject(others) && Object.keys(others).length > 0) {
    throw new RowSchemaError(
      'The rows have a schema for columns that they do not name: name them, or leave out the catchall.',
    );
  }
  return {
    columns: names.map((name) => columnRule(name, properties[name] ?? {}, required.includes(name))),
    strict: others === false,
  };
}

function columnRule(name: string, property: JsonValue, required: boolean): ColumnRule {
  const parts = partsOf(name, isJsonObject(property) ? property : {});
  const type = typeOf(name, parts);
  const checks = parts.flatMap((part) => checksOf(part, type));
  return { name, type, required, nullable: !required || allowsNull(property), checks };
}

/** The schemas that all hold of a value that is there. */
function partsOf(name: string, schema: JsonObject): readonly JsonObject[] {
  const shape = typesOf(schema).filter((type) => type !== 'null' && TYPES[type] === undefined);
  if (shape.length > 0) throw notOneType(name, shape);
  refuseUnchecked(schema, [...UNCHECKED, 'default'], `Column '${name}' has`);
  const all = listOf(schema.allOf);
  const choices = listOf(schema.anyOf).filter((choice) => choice.type !== 'null');
  if (choices.length > 1) {
    throw new RowSchemaError(
      `Column '${name}' is one of several schemas. Use z.enum() or z.literal([…]) for a choice of values, and one type otherwise.`,
    );
  }
  return [schema, ...[...all, ...choices].flatMap((part) => partsOf(name, part))];
}

const TYPES: Readonly<Record<string, ValueType>> = {
  string: 'text',
  number: 'number',
  integer: 'integer',
  boolean: 'boolean',
};

function typeOf(name: string, parts: readonly JsonObject[]): ValueType {
  const said = new Set(parts.flatMap(typesOf));
  said.delete('null');
  // A whole number is a number: of both, the narrower.
  if (said.has('integer')) said.delete('number');
  const [only, ...others] = said;
  const formats = parts.map(({ format }) => format).filter((format) => format !== undefined);
  if (only === undefined) {
    if (parts.some(({ type }) => type === 'null')) {
      throw new RowSchemaError(`Column '${name}' never holds a value: leave it out of the schema.`);
    }
    return 'any';
  }
  const type = TYPES[only];
  if (type === undefined || others.length > 0) throw notOneType(name, said);
  if (formats.includes('date-time')) return 'time';
  if (formats.includes('date')) return 'date';
  // A pattern says all that such a format checks.
  if (formats.length > 0 && !parts.some(({ pattern }) => pattern !== undefined)) {
    throw new RowSchemaError(
      `Column '${name}' has the format '${formats.join("', '")}', which SQL cannot check. Say it with .regex(), or check it in a step.`,
    );
  }
  return type;
}

function typesOf({ type, enum: values, const: value }: JsonObject): readonly string[] {
  if (type !== undefined) return Array.isArray(type) ? type.map(String) : [String(type)];
  const known = Array.isArray(values) ? values : value === undefined ? [] : [value];
  return known.map((one) => (one === null ? 'null' : typeof one));
}

function allowsNull(property: JsonValue): boolean {
  if (!isJsonObject(property)) return property !== false;
  const types = typesOf(property);
  const values = Array.isArray(property.enum) ? property.enum : [null];
  const value = property.const ?? null;
  const choices = listOf(property.anyOf);
  return (
    (types.length === 0 || types.includes('null')) &&
    values.includes(null) &&
    value === null &&
    (choices.length === 0 || choices.some(allowsNull)) &&
    listOf(property.allOf).every(allowsNull)
  );
}

/** As in JSON Schema, a keyword is of values of its type and says nothing of others. */
function checksOf(part: JsonObject, type: ValueType): readonly ValueCheck[] {
  const checks: ValueCheck[] = [];
  if (type === 'number' || type === 'integer') {
    for (const kind of ['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum'] as const) {
      const bound = part[kind];
      if (typeof bound === 'number') checks.push({ kind, bound });
    }
  }
  if (type === 'text') {
    for (const kind of ['minLength', 'maxLength'] as const) {
      const length = part[kind];
      if (typeof length === 'number') checks.push({ kind, length });
    }
    if (typeof part.pattern === 'string') checks.push({ kind: 'pattern', pattern: part.pattern });
  }
  const values = Array.isArray(part.enum) ? part.enum : part.const === undefined ? null : [part.const];
  if (values) checks.push({ kind: 'oneOf', values: values.filter(isScalar) });
  return checks;
}

function isScalar(value: JsonValue): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function listOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function notOneType(name: string, types: Iterable<string>): RowSchemaError {
  return new RowSchemaError(
    `Column '${name}' is ${[...types].join(' or ')}: a column holds either texts, numbers, booleans or times. Leave it out of the schema (other columns are allowed), and check it in a step.`,
  );
}

function refuseUnchecked(schema: JsonObject, words: readonly string[], whose: string): void {
  const word = words.find((one) => schema[one] !== undefined);
  if (word === undefined) return;
  const cure =
    word === 'default'
      ? 'An import fills nothing in: say .optional() or .nullable(), and fill it in by preprocess.'
      : 'SQL cannot check it: say it with types, bounds, lengths, patterns and enums, or check it in a step.';
  throw new RowSchemaError(`${whose} a \`${word}\` in the schema. ${cure}`);
}
