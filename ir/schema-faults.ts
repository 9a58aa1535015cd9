import { canonicalJson, isJsonObject, type JsonObject, type JsonSchema, type JsonValue } from './json.ts';
import { typeText } from './zod-text.ts';

/** What is wrong at one place of a value. */
export interface SchemaFault {
  /** Names and indices on the way there, joined by dots; '' is the whole value. */
  readonly at: string;
  readonly message: string;
}

/** A schema at work on one place of the value. */
interface Place {
  readonly root: JsonSchema;
  readonly schema: JsonObject;
  readonly at: readonly (string | number)[];
}

type Faults = readonly SchemaFault[];
type Rule = (demand: JsonValue, value: JsonValue, place: Place) => Faults;

/**
 * What of a value does not fit a JSON Schema (draft 2020-12), by the keywords that zod writes. Formats are left to the
 * patterns that zod writes beside them. It is pure and small, so that a workflow's validator can do what the API does.
 *
 * @example schemaFaults({ type: 'object', required: ['percent'] }, {}) // [{ at: 'percent', message: 'is required' }]
 */
export function schemaFaults(schema: JsonSchema, value: JsonValue): Faults {
  return check(schema, value, { root: schema, schema, at: [] });
}

function check(schema: JsonValue | undefined, value: JsonValue, { root, at }: Place): Faults {
  if (schema === false) return [{ at: at.join('.'), message: 'is not allowed' }];
  if (!isJsonObject(schema)) return [];
  const place = { root, schema, at };
  return Object.entries(schema).flatMap(([keyword, demand]) => RULES[keyword]?.(demand, value, place) ?? []);
}

const RULES: Readonly<Record<string, Rule>> = {
  type: (demand, value, place) => {
    const types = (Array.isArray(demand) ? demand : [demand]).map(String);
    return unless(
      types.some((type) => isOfType(type, value)),
      value,
      place,
      `must be ${types.map(typeText).join(' or ')}`,
    );
  },
  enum: (demand, value, place) => {
    const allowed = listOf(demand).map(canonicalJson);
    return unless(allowed.includes(canonicalJson(value)), value, place, `must be one of ${allowed.join(', ')}`);
  },
  const: (demand, value, place) => unless(isEqual(demand, value), value, place, `must be ${canonicalJson(demand)}`),
  minimum: ofNumber('at least', (value, demand) => value >= demand),
  maximum: ofNumber('at most', (value, demand) => value <= demand),
  exclusiveMinimum: ofNumber('more than', (value, demand) => value > demand),
  exclusiveMaximum: ofNumber('less than', (value, demand) => value < demand),
  multipleOf: ofNumber('a multiple of', (value, demand) => Number.isInteger(value / demand)),
  minLength: ofLength('characters', (value) => (typeof value === 'string' ? [...value].length : null), 'at least'),
  maxLength: ofLength('characters', (value) => (typeof value === 'string' ? [...value].length : null), 'at most'),
  minItems: ofLength('items', (value) => (Array.isArray(value) ? value.length : null), 'at least'),
  maxItems: ofLength('items', (value) => (Array.isArray(value) ? value.length : null), 'at most'),
  pattern: (demand, value, place) =>
    unless(
      typeof value !== 'string' || new RegExp(String(demand), 'u').test(value),
      value,
      place,
      `must match ${demand}`,
    ),
  required: (demand, value, { at }) =>
    isJsonObject(value)
      ? listOf(demand)
          .filter((name) => !Object.hasOwn(value, String(name)))
          .map((name) => ({ at: [...at, String(name)].join('.'), message: 'is required' }))
      : [],
  properties: (demand, value, place) =>
    membersOf(value).flatMap(([name, member]) =>
      isJsonObject(demand) && Object.hasOwn(demand, name) ? check(demand[name], member, inside(place, name)) : [],
    ),
  patternProperties: (demand, value, place) =>
    membersOf(value).flatMap(([name, member]) =>
      membersOf(demand)
        .filter(([pattern]) => new RegExp(pattern, 'u').test(name))
        .flatMap(([, schema]) => check(schema, member, inside(place, name))),
    ),
  additionalProperties: (demand, value, place) => {
    const { properties, patternProperties } = place.schema;
    const patterns = membersOf(patternProperties).map(([pattern]) => new RegExp(pattern, 'u'));
    const isKnown = (name: string) => isJsonObject(properties) && Object.hasOwn(properties, name);
    return membersOf(value)
      .filter(([name]) => !isKnown(name) && !patterns.some((pattern) => pattern.test(name)))
      .flatMap(([name, member]) => check(demand, member, inside(place, name)));
  },
  propertyNames: (demand, value, place) =>
    membersOf(value).flatMap(([name]) => check(demand, name, inside(place, name))),
  prefixItems: (demand, value, place) =>
    listOf(demand).flatMap((schema, index) => {
      const item = listOf(value)[index];
      return item === undefined ? [] : check(schema, item, inside(place, index));
    }),
  items: (demand, value, place) => {
    const before = listOf(place.schema.prefixItems).length;
    return listOf(value).flatMap((item, index) => (index < before ? [] : check(demand, item, inside(place, index))));
  },
  allOf: (demand, value, place) => listOf(demand).flatMap((schema) => check(schema, value, place)),
  anyOf: (demand, value, place) => {
    const fits = listOf(demand).some((schema) => check(schema, value, place).length === 0);
    return unless(fits, value, place, 'fits none of the forms that it may have');
  },
  oneOf: (demand, value, place) => {
    const fitting = listOf(demand).filter((schema) => check(schema, value, place).length === 0);
    return unless(
      fitting.length === 1,
      value,
      place,
      `fits ${fitting.length || 'none'} of the forms that it has one of`,
    );
  },
  not: (demand, value, place) => unless(check(demand, value, place).length > 0, value, place, 'is not allowed'),
  $ref: (demand, value, place) => check(referredTo(place.root, String(demand)), value, place),
};

/** @throws TypeError for a reference that leads nowhere: the schema is broken, and not the value. */
function referredTo(root: JsonSchema, reference: string): JsonValue {
  const names = reference.split('/').slice(1);
  const found = names.reduce<JsonValue | undefined>((schema, name) => {
    return isJsonObject(schema) ? schema[name.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  }, root);
  if (found === undefined) throw new TypeError(`The schema refers to ${reference}, which is not in it.`);
  return found;
}

function ofNumber(words: string, fits: (value: number, demand: number) => boolean): Rule {
  return (demand, value, place) =>
    unless(typeof value !== 'number' || fits(value, Number(demand)), value, place, `must be ${words} ${demand}`);
}

function ofLength(what: string, lengthOf: (value: JsonValue) => number | null, words: 'at least' | 'at most'): Rule {
  return (demand, value, place) => {
    const length = lengthOf(value);
    const fits = length === null || (words === 'at least' ? length >= Number(demand) : length <= Number(demand));
    return unless(fits, value, place, `must have ${words} ${demand} ${what}`);
  };
}

function isOfType(type: string, value: JsonValue): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isJsonObject(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

/** A short value is told with what is wrong with it. */
function unless(fits: boolean, value: JsonValue, { at }: Place, message: string): Faults {
  if (fits) return [];
  const text = JSON.stringify(value);
  return [{ at: at.join('.'), message: text.length <= 60 ? `${message}, and is ${text}` : message }];
}

function inside(place: Place, name: string | number): Place {
  return { ...place, at: [...place.at, name] };
}

function membersOf(value: JsonValue | undefined): readonly [string, JsonValue][] {
  return isJsonObject(value) ? Object.entries(value) : [];
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function isEqual(left: JsonValue, right: JsonValue): boolean {
  return canonicalJson(left) === canonicalJson(right);
}
