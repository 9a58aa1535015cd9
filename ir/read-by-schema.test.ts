import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isJsonObject, type JsonObject, type JsonSchema, type JsonValue } from './json.ts';
import { readBySchema } from './read-by-schema.ts';

/** What forms are made of, and more: everything that zod says as JSON Schema. */
const SCHEMAS: readonly z.ZodType[] = [
  z.object({ percent: z.number().min(0).max(100), note: z.string().optional() }),
  z.strictObject({ n: z.int(), on: z.boolean().default(true), by: z.string().nullable() }),
  z.object({ level: z.enum(['low', 'high']), one: z.literal(1), never: z.never().optional() }),
  z.object({ tags: z.array(z.string().min(1).max(2)).min(1).max(3) }),
  z.object({ pair: z.tuple([z.number(), z.string()]), more: z.tuple([z.boolean()], z.number()) }),
  z.record(z.string().regex(/^[a-c]+$/), z.number().positive().lt(10).multipleOf(2)),
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('a'), a: z.number() }),
    z.object({ kind: z.literal('b'), b: z.string() }),
  ]),
  z.union([z.string(), z.number().array()]),
  z.intersection(z.object({ a: z.number() }), z.object({ b: z.string() })),
  z.object({
    next: z.union([z.null(), z.object({ value: z.number() })]),
    day: z.iso.date(),
  }),
  z.object({ name: z.string().startsWith('a').endsWith('b'), id: z.uuid() }),
  z.looseObject({ a: z.any() }),
  z.json(),
];

const NAMES = [
  'percent',
  'note',
  'n',
  'on',
  'by',
  'level',
  'one',
  'tags',
  'pair',
  'more',
  'kind',
  'a',
  'b',
  'next',
  'day',
];
const leaf = fc.oneof(
  fc.constantFrom<JsonValue>('low', 'a', 'b', 'ab', 'd', '', '2026-02-28', '🙂🙂', 1, 2, 4, 2.5, -1, 101, true, null),
  fc.uuid(),
);
const { value: values } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 5 }),
  ),
}));

describe('a value read by its schema', () => {
  it.each(
    SCHEMAS.map((schema): [string, JsonSchema] => {
      const { $schema: _, ...document } = z.toJSONSchema(schema, { io: 'input' });
      return [JSON.stringify(document), document as JsonSchema];
    }),
  )('judges as ajv does: %s', (_, schema) => {
    const reference = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
    const likely = fc.oneof(values, valuesFor(schema));
    fc.assert(
      fc.property(likely, (value) => {
        expect([value, readBySchema(schema, value).faults.length === 0]).toEqual([value, reference(value)]);
      }),
      { numRuns: 500 },
    );
  });

  it('says where and what, and shows numbers and no texts', () => {
    const schema = schemaOf(
      z.strictObject({ percent: z.number().max(100), note: z.string(), tags: z.array(z.string()), on: z.boolean() }),
    );
    const { faults } = readBySchema(schema, { percent: 101, tags: ['a', 7], nope: 'x'.repeat(80), on: 'secret' });
    expect(faults).toEqual([
      { at: 'percent', message: 'has to be at most 100, and is 101' },
      { at: 'tags.1', message: 'has to be text, and is 7' },
      { at: 'on', message: 'has to be true or false, and is text' },
      { at: 'note', message: 'is required' },
      { at: 'nope', message: 'is not allowed' },
    ]);
  });

  it('refuses a schema that refers to nothing', () => {
    expect(() => readBySchema({ $ref: '#/$defs/gone' }, 1)).toThrow('refers to #/$defs/gone');
  });

  it('is a multiple of a decimal where it is one in decimals', () => {
    const price = z.number().multipleOf(0.01);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          fc.nat(1e6).map((n) => n / 100),
        ),
        (value) => {
          const { faults } = readBySchema(schemaOf(price), value);
          expect([value, faults.length === 0]).toEqual([value, price.safeParse(value).success]);
        },
      ),
      { examples: [[0.29], [0.295], [2.03], [0]] },
    );
  });

  it('matches a pattern that is none of Unicode', () => {
    expect(readBySchema({ pattern: 'a\\-b' }, 'a-b').faults).toEqual([]);
    expect(readBySchema({ pattern: 'a\\-b' }, 'ab').faults).toHaveLength(1);
  });

  it('ends at values that are too deep, or that hold themselves', () => {
    const tree: z.ZodType = z.lazy(() => z.object({ left: tree.optional(), right: tree.optional() }));
    const deep = JSON.parse(`${'[['.repeat(5_000)}${']]'.repeat(5_000)}`) as JsonValue;
    const cyclic: Record<string, JsonValue> = {};
    cyclic.left = cyclic;
    cyclic.right = cyclic;
    const tooDeep = [{ at: '', message: 'has to be nested no deeper than 500 levels' }];
    expect(readBySchema(schemaOf(z.json()), deep)).toEqual({ value: deep, faults: tooDeep });
    expect(readBySchema(schemaOf(tree), cyclic).faults).toEqual(tooDeep);
  });

  it('asks the alternatives of a union no further than it has to', () => {
    const kinds = ['a', 'b', 'c'].map((kind) =>
      z.object({ kind: z.literal(kind), next: z.lazy((): z.ZodType => tree).optional() }),
    );
    const tree: z.ZodType = z.union([...kinds, z.null()]);
    let value: JsonValue = null;
    for (let depth = 0; depth < 100; depth++) value = { kind: 'c', next: value };
    expect(readBySchema(schemaOf(tree), value).faults).toEqual([]);
  });
});

const nested = z.strictObject({
  lr: z.number().default(0.1),
  deep: z.strictObject({ n: z.int().default(1) }).default({ n: 2 }),
});
const DEFAULTS: readonly z.ZodType[] = [
  z.strictObject({
    rate: z.number().default(0.5),
    opts: nested,
    list: z.array(nested),
    by: z.record(z.string(), nested),
  }),
  z.strictObject({ opts: nested.nullable(), more: nested.optional(), late: nested.prefault({}) }),
  z.strictObject({ pair: z.tuple([nested, z.number().default(1)]), rest: z.tuple([z.string()], nested) }),
  z.strictObject({
    either: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('a'), n: z.number().default(3) }),
      z.strictObject({ kind: z.literal('b'), opts: nested.default({ lr: 1, deep: { n: 5 } }) }),
    ]),
    both: z.union([z.string(), z.array(z.union([z.null(), nested]))]),
  }),
  z.strictObject({
    named: z.number().default(4).meta({ id: 'Named' }),
    twice: z.strictObject({ one: nested.meta({ id: 'Nested' }) }),
  }),
  z.strictObject({ keep: z.array(z.string()).nullable().default(null), n: z.number().nullable().default(null) }),
];

describe('defaults', () => {
  it.each(DEFAULTS.map((schema) => [JSON.stringify(schemaOf(schema)), schema] as const))(
    'are filled in at every depth, as zod does: %s',
    (_, zod) => {
      const schema = schemaOf(zod);
      let fitting = 0;
      fc.assert(
        fc.property(valueFor(schema, schema), (value) => {
          const { value: read, faults } = readBySchema(schema, value);
          const parsed = zod.safeParse(value);
          expect(faults.length === 0).toBe(parsed.success);
          if (!parsed.success) return;
          fitting++;
          expect(read).toEqual(parsed.data);
        }),
        { numRuns: 300 },
      );
      expect(fitting).toBeGreaterThan(20);
    },
  );

  it('leave what was given as it was', () => {
    const schema = schemaOf(z.object({ a: z.number().default(1), b: nested.optional() }));
    const given = { b: {} };
    expect(readBySchema(schema, given).value).toEqual({ a: 1, b: { lr: 0.1, deep: { n: 2 } } });
    expect(given).toEqual({ b: {} });
    const whole = { a: null, b: { lr: 1, deep: { n: 1 } } };
    expect(readBySchema(schema, whole).value).toBe(whole);
  });
});

function schemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...document } = z.toJSONSchema(schema, { io: 'input' });
  return document as JsonSchema;
}

/** Values that mostly fit, with what has a default left out now and then. */
function valueFor(root: JsonSchema, schema: JsonValue | undefined): fc.Arbitrary<JsonValue> {
  if (!isJsonObject(schema)) return fc.constant(null);
  if (typeof schema.$ref === 'string') return valueFor(root, (root.$defs as JsonObject)[schema.$ref.slice(8)]);
  const union = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(union)) return fc.oneof(...union.map((each) => valueFor(root, each)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (Array.isArray(schema.prefixItems)) {
    const places = fc.tuple(...schema.prefixItems.map((item) => valueFor(root, item)));
    const rest = schema.items ? fc.array(valueFor(root, schema.items), { maxLength: 2 }) : fc.constant([]);
    const least = Number(schema.minItems ?? 0);
    return fc
      .tuple(places, rest, fc.boolean())
      .map(([given, more, cut]) => (cut ? given.slice(0, least) : [...given, ...more]));
  }
  switch (schema.type) {
    case 'array':
      return fc.array(valueFor(root, schema.items), { maxLength: 3 });
    case 'string':
      return fc.string();
    case 'integer':
      return fc.nat();
    case 'number':
      return fc.oneof({ weight: 9, arbitrary: fc.nat() }, { weight: 1, arbitrary: fc.constant('no number') });
    case 'null':
      return fc.constant(null);
  }
  if (isJsonObject(schema.additionalProperties)) {
    return fc.dictionary(fc.constantFrom('x', 'y'), valueFor(root, schema.additionalProperties));
  }
  const properties = isJsonObject(schema.properties) ? Object.entries(schema.properties) : [];
  const members = properties.map(([name, member]): [string, fc.Arbitrary<JsonValue>] => [name, valueFor(root, member)]);
  const requiredKeys = Array.isArray(schema.required) ? schema.required.map(String) : [];
  return fc.record<Record<string, JsonValue>>(Object.fromEntries(members), { requiredKeys });
}

/** Objects that have what the schema names: what is drawn at random seldom fits. */
function valuesFor({ properties }: JsonSchema): fc.Arbitrary<JsonValue> {
  const names = Object.keys(properties ?? {});
  if (names.length === 0) return values;
  return fc.record(Object.fromEntries(names.map((name) => [name, values]))) as fc.Arbitrary<JsonValue>;
}
