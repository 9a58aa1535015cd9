import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonSchema, JsonValue } from './json.ts';
import { schemaFaults } from './schema-faults.ts';

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

describe('schemaFaults', () => {
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
        expect([value, schemaFaults(schema, value).length === 0]).toEqual([value, reference(value)]);
      }),
      { numRuns: 500 },
    );
  });

  it('says where and what', () => {
    const { $schema: _, ...schema } = z.toJSONSchema(
      z.strictObject({ percent: z.number().max(100), note: z.string(), tags: z.array(z.string()) }),
    );
    expect(schemaFaults(schema as JsonSchema, { percent: 101, tags: ['a', 7], nope: 'x'.repeat(80) })).toEqual([
      { at: 'percent', message: 'must be at most 100, and is 101' },
      { at: 'tags.1', message: 'must be text, and is 7' },
      { at: 'note', message: 'is required' },
      { at: 'nope', message: 'is not allowed' },
    ]);
  });

  it('refuses a schema that refers to nothing', () => {
    expect(() => schemaFaults({ $ref: '#/$defs/gone' }, 1)).toThrow('refers to #/$defs/gone');
  });
});

/** Objects that have what the schema names: what is drawn at random seldom fits. */
function valuesFor({ properties }: JsonSchema): fc.Arbitrary<JsonValue> {
  const names = Object.keys(properties ?? {});
  if (names.length === 0) return values;
  return fc.record(Object.fromEntries(names.map((name) => [name, values]))) as fc.Arbitrary<JsonValue>;
}
