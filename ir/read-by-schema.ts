import { isJsonObject, type JsonObject, type JsonSchema, type JsonValue } from './json.ts';
import { CHECKS, patternOf } from './schema-checks.ts';
import {
  DEEPEST,
  type Findings,
  faultOf,
  inside,
  isDecided,
  type Reader,
  refusing,
  type SchemaFault,
  TooDeep,
  tried,
  unchanged,
} from './schema-findings.ts';

export interface ReadValue<V extends JsonValue> {
  /** With the schema's defaults, at every depth. What has none to fill in is not copied; an object stays one. */
  readonly value: V;
  readonly faults: readonly SchemaFault[];
}

interface Compiling {
  readonly root: JsonSchema;
  readonly referred: Map<string, Reader>;
}

/** Made of a keyword's demand and the schema that it stands in; null where everything may stay as it is. */
type Part = (demand: JsonValue, compiling: Compiling, schema: JsonObject) => Reader | null;

/** Made once for each schema: a list may have ten thousand items, and a run as many tasks. */
const readers = new WeakMap<JsonSchema, Reader>();

/**
 * Reads a value by a JSON Schema (draft 2020-12), by the keywords that zod writes: fills defaults in, and finds what does
 * not fit. Formats are left to the patterns beside them. Pure, and without generated code, so that a workflow reads as the
 * API and the workers do.
 *
 * @throws TypeError for a schema that refers to what is not in it: the schema is broken, and not the value.
 * @example readBySchema({ type: 'object', required: ['percent'] }, {}).faults // [{ at: 'percent', message: 'is required' }]
 */
export function readBySchema(schema: JsonSchema, value: JsonObject): ReadValue<JsonObject>;
export function readBySchema(schema: JsonSchema, value: JsonValue): ReadValue<JsonValue>;
export function readBySchema(schema: JsonSchema, value: JsonValue): ReadValue<JsonValue> {
  const read = readers.get(schema) ?? readerOf(schema, { root: schema, referred: new Map() }) ?? unchanged;
  readers.set(schema, read);
  const findings: Findings = { all: [], isTrial: false };
  try {
    return { value: read(value, null, findings), faults: findings.all.map(faultOf) };
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    return { value, faults: [{ at: '', message: `has to be nested no deeper than ${DEEPEST} levels` }] };
  }
}

function readerOf(schema: JsonValue | undefined, compiling: Compiling): Reader | null {
  if (schema === false) return refusing('is not allowed');
  if (!isJsonObject(schema)) return null;
  const parts = PARTS.flatMap(([keyword, part]) => {
    const demand = schema[keyword];
    return (demand === undefined ? null : part(demand, compiling, schema)) ?? [];
  });
  if (parts.length <= 1) return parts[0] ?? null;
  return (value, place, findings) => {
    let read = value;
    for (const part of parts) {
      read = part(read, place, findings);
      if (isDecided(findings)) break;
    }
    return read;
  };
}

/** In this order, whatever that of the schema: defaults are there before it is asked what is missing. */
const PARTS: readonly (readonly [string, Part])[] = [
  ...Object.entries(CHECKS).map(([keyword, checkOf]): readonly [string, Part] => [keyword, checking(checkOf)]),
  ['properties', properties],
  ['required', required],
  ['patternProperties', patternProperties],
  ['additionalProperties', additionalProperties],
  ['propertyNames', propertyNames],
  ['prefixItems', prefixItems],
  ['items', items],
  ['allOf', allOf],
  ['anyOf', (demand, compiling) => oneAtLeast(listOf(demand), compiling)],
  ['oneOf', (demand, compiling) => oneAlone(listOf(demand), compiling)],
  ['not', not],
  ['$ref', reference],
];

function checking(checkOf: (typeof CHECKS)[string]): Part {
  return (demand) => {
    const { fits, tell } = checkOf(demand);
    return (value, place, { all }) => {
      if (!fits(value)) all.push({ place, value, tell });
      return value;
    };
  };
}

/** A schema of a part, and what stands in for a part that is not there. */
function partOf(schema: JsonValue, compiling: Compiling) {
  return { read: readerOf(schema, compiling) ?? unchanged, fallback: defaultOf(schema, compiling) };
}

function defaultOf(schema: JsonValue, { root }: Compiling): JsonValue | undefined {
  if (!isJsonObject(schema)) return undefined;
  // Of a nullable field the default may be null, which `??` would pass over.
  if (schema.default !== undefined) return schema.default;
  const referred = typeof schema.$ref === 'string' ? referredTo(root, schema.$ref) : undefined;
  return isJsonObject(referred) ? referred.default : undefined;
}

function properties(demand: JsonValue, compiling: Compiling): Reader {
  const members = membersOf(demand).map(([name, schema]) => ({ name, ...partOf(schema, compiling) }));
  return (value, place, findings) => {
    if (!isJsonObject(value)) return value;
    const changed: [string, JsonValue][] = [];
    for (const { name, read, fallback } of members) {
      const before = Object.hasOwn(value, name) ? value[name] : undefined;
      const given = before === undefined ? fallback : before;
      if (given === undefined) continue;
      const after = read(given, inside(place, name), findings);
      if (after !== before) changed.push([name, after]);
      if (isDecided(findings)) break;
    }
    return changed.length === 0 ? value : { ...value, ...Object.fromEntries(changed) };
  };
}

function required(demand: JsonValue): Reader {
  const names = listOf(demand).map(String);
  const missing = refusing('is required');
  return (value, place, findings) => {
    if (!isJsonObject(value)) return value;
    for (const name of names) if (!Object.hasOwn(value, name)) missing(null, inside(place, name), findings);
    return value;
  };
}

function patternProperties(demand: JsonValue, compiling: Compiling): Reader {
  const readers = membersOf(demand).flatMap(([pattern, schema]) => {
    const read = readerOf(schema, compiling);
    return read ? [{ pattern: patternOf(pattern), read }] : [];
  });
  return eachMember((name) => readers.filter(({ pattern }) => pattern.test(name)).map(({ read }) => read));
}

function additionalProperties(demand: JsonValue, compiling: Compiling, schema: JsonObject): Reader | null {
  const read = readerOf(demand, compiling);
  if (read === null) return null;
  const names = new Set(membersOf(schema.properties).map(([name]) => name));
  const patterns = membersOf(schema.patternProperties).map(([pattern]) => patternOf(pattern));
  const isNamed = (name: string) => names.has(name) || patterns.some((pattern) => pattern.test(name));
  return eachMember((name) => (isNamed(name) ? [] : [read]));
}

function propertyNames(demand: JsonValue, compiling: Compiling): Reader | null {
  const read = readerOf(demand, compiling);
  if (read === null) return null;
  return (value, place, findings) => {
    for (const [name] of membersOf(value)) read(name, inside(place, name), findings);
    return value;
  };
}

function prefixItems(demand: JsonValue, compiling: Compiling): Reader {
  const parts = listOf(demand).map((schema) => partOf(schema, compiling));
  return (value, place, findings) => {
    if (!Array.isArray(value)) return value;
    const list: JsonValue[] = [...value];
    for (const [index, { read, fallback }] of parts.entries()) {
      const given = index < list.length ? list[index] : fallback;
      if (given === undefined) break;
      list[index] = read(given, inside(place, index), findings);
    }
    return unlessSame(list, value);
  };
}

function items(demand: JsonValue, compiling: Compiling, schema: JsonObject): Reader | null {
  const read = readerOf(demand, compiling);
  if (read === null) return null;
  const before = listOf(schema.prefixItems).length;
  return (value, place, findings) => {
    if (!Array.isArray(value)) return value;
    const list = (value as readonly JsonValue[]).map((item, index) =>
      index < before || isDecided(findings) ? item : read(item, inside(place, index), findings),
    );
    return unlessSame(list, value);
  };
}

function allOf(demand: JsonValue, compiling: Compiling): Reader {
  const all = listOf(demand).map((schema) => partOf(schema, compiling).read);
  return (value, place, findings) => all.reduce((read, each) => each(read, place, findings), value);
}

function oneAtLeast(schemas: readonly JsonValue[], compiling: Compiling): Reader {
  const any = schemas.map((schema) => partOf(schema, compiling).read);
  const none = refusing('is none of what it may be');
  return (value, place, findings) => {
    for (const each of any) {
      const fitting = tried(each, value, place);
      if (fitting) return fitting.value;
    }
    return none(value, place, findings);
  };
}

function oneAlone(schemas: readonly JsonValue[], compiling: Compiling): Reader {
  const all = schemas.map((schema) => partOf(schema, compiling).read);
  const [none, several] = [refusing('is none of what it may be'), refusing('is more than one of what it may be')];
  return (value, place, findings) => {
    const [fitting, ...more] = all.flatMap((each) => tried(each, value, place) ?? []);
    if (fitting && more.length === 0) return fitting.value;
    return (fitting ? several : none)(value, place, findings);
  };
}

function not(demand: JsonValue, compiling: Compiling): Reader {
  const { read } = partOf(demand, compiling);
  const refuse = refusing('is not allowed');
  return (value, place, findings) => (tried(read, value, place) ? refuse(value, place, findings) : value);
}

/** Made when a value gets there, for the schema may be part of what it refers to. */
function reference(demand: JsonValue, compiling: Compiling): Reader {
  const name = String(demand);
  const schema = referredTo(compiling.root, name);
  return (value, place, findings) => {
    const read = compiling.referred.get(name) ?? readerOf(schema, compiling) ?? unchanged;
    compiling.referred.set(name, read);
    return read(value, place, findings);
  };
}

function referredTo(root: JsonSchema, reference: string): JsonValue {
  const names = reference.split('/').slice(1);
  const found = names.reduce<JsonValue | undefined>((schema, name) => {
    return isJsonObject(schema) ? schema[name.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  }, root);
  if (found === undefined) throw new TypeError(`The schema refers to ${reference}, which is not in it.`);
  return found;
}

/** Reads each member by the readers for its name. */
function eachMember(readersFor: (name: string) => readonly Reader[]): Reader {
  return (value, place, findings) => {
    const changed: [string, JsonValue][] = [];
    for (const [name, member] of membersOf(value)) {
      const after = readersFor(name).reduce((read, each) => each(read, inside(place, name), findings), member);
      if (after !== member) changed.push([name, after]);
      if (isDecided(findings)) break;
    }
    return changed.length === 0 ? value : { ...(value as JsonObject), ...Object.fromEntries(changed) };
  };
}

function unlessSame(list: readonly JsonValue[], before: readonly JsonValue[]): readonly JsonValue[] {
  return list.length === before.length && list.every((item, index) => item === before[index]) ? before : list;
}

function membersOf(value: JsonValue | undefined): readonly [string, JsonValue][] {
  return isJsonObject(value) ? Object.entries(value) : [];
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}
