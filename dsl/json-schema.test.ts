import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compile } from './compile.ts';
import {
  approval,
  dataset,
  definePipeline,
  defineStep,
  file,
  importArtifact,
  metrics,
  model,
  report,
  transform,
} from './index.ts';
import { plainJsonSchemaOf } from './json-schema.ts';
import { compileSmall, refusalOf } from './testing/small-pipelines.ts';

const define = (input: z.ZodObject) => defineStep({ name: 'step', input, output: z.object({}) });

describe('a schema that JSON Schema cannot say', () => {
  it.each<[string, z.ZodObject, string]>([
    [
      'date',
      z.object({ day: z.date() }),
      "field 'day' has no JSON Schema (Date cannot be represented in JSON Schema). Use z.iso",
    ],
    ['bigint', z.object({ a: z.object({ n: z.bigint() }) }), "field 'a.n' has no JSON Schema"],
    ['list of maps', z.object({ list: z.array(z.map(z.string(), z.string())) }), "field 'list' has no JSON Schema"],
    ['set', z.object({ s: z.set(z.string()) }), 'Use z.array().'],
    ['undefined', z.object({ u: z.undefined() }), 'Use .optional().'],
    ['custom', z.object({ c: z.custom(() => true) }), 'check the rest in a step'],
    ['symbol', z.object({ s: z.symbol() }), 'Say it with strings, numbers, booleans, lists and objects.'],
  ])('%s is refused, naming step and field, with the cure', (_, input, message) => {
    const { code, message: given } = refusalOf(() => define(input));
    expect(code).toBe('schema');
    expect(given).toContain("The input of step 'step': field");
    expect(given).toContain(message);
  });

  it('is refused in outputs, rows, parameters and forms too', () => {
    const date = z.object({ day: z.date() });
    const transformed = z.object({ n: z.string().transform(Number) });
    const output = () => defineStep({ name: 'step', input: z.object({}), output: transformed });
    expect(refusalOf(output).message).toContain("The output of step 'step': field 'n' has no JSON Schema");
    expect(refusalOf(() => dataset(date)).message).toContain("The rows of a dataset: field 'day' has no JSON Schema");
    const params = definePipeline({ name: 'dated', params: transformed }, () => undefined);
    expect(refusalOf(() => compile(params)).message).toContain("The parameters of pipeline 'dated': field 'n'");
    const form = () => void approval({ form: date, timeout: '1h', onTimeout: 'fail' });
    expect(refusalOf(() => compileSmall(form)).message).toContain("The form of approval 'approval': field 'day'");
  });
});

describe('a plain schema', () => {
  it('has nothing that would not be run', () => {
    const refined = z.object({ n: z.number() }).refine(({ n }) => n > 0);
    expect(refusalOf(() => plainJsonSchemaOf(refined, 'It')).message).toContain('It has a refinement');
    expect(plainJsonSchemaOf(z.object({ n: z.number().min(1) }), 'It')).toMatchObject({
      properties: { n: { type: 'number', minimum: 1 } },
    });
  });
});

describe('what a JSON Schema does not say', () => {
  it.each<[string, z.ZodType, string]>([
    ['z.stringbool()', z.stringbool(), 'is changed by a transform, a pipe or a codec, as z.stringbool() is'],
    ['a codec', z.codec(z.string(), z.number(), { decode: Number, encode: String }), 'a codec'],
    ['a transform in a pipe', z.string().transform(Number).pipe(z.number()), 'is changed by a transform'],
    ['a pipe', z.string().pipe(z.string().min(3)), 'a pipe'],
    ['z.preprocess()', z.preprocess(Number, z.number()), 'is changed by a transform'],
    ['.trim()', z.string().trim(), 'is changed by .trim(), .toLowerCase()'],
    ['.overwrite()', z.number().overwrite((n) => n + 1), 'Change the value in a step.'],
    ['.catch()', z.number().catch(3), 'has a .catch(), which would be passed over'],
    ['a .catch() further in', z.array(z.lazy(() => z.number().catch(3))), 'Use .default() for what is left out'],
    ['z.url()', z.url(), "has the format 'url', which no pattern says"],
    ['z.jwt()', z.string().jwt(), "has the format 'jwt'"],
    ['a format of a function', z.stringFormat('even', (text) => text.length % 2 === 0), "has the format 'even'"],
    ['a check digit', z.iban(), "has the format 'iban'"],
    ['a flag', z.string().regex(/yes/i), 'has a pattern with the flag i'],
    [
      'z.coerce',
      z.coerce.number(),
      'is coerced, which would be passed over: it is read by its JSON Schema alone. Write z.n',
    ],
    ['a refinement', z.number().refine((n) => n > 0), 'has a refinement'],
    [
      'a check of a property',
      z.array(z.number()).check(z.property('length', z.literal(2))),
      "has the check 'property'",
    ],
    ['a promise', z.promise(z.number()), 'is a z.promise()'],
  ])('is refused in parameters, forms and steps of no TypeScript: %s', (_, field, message) => {
    const params = definePipeline({ name: 'lossy', params: z.object({ dry: field }) }, () => undefined);
    const { code, message: given } = refusalOf(() => compile(params));
    expect(code).toBe('schema');
    expect(given).toContain("The parameters of pipeline 'lossy': field 'dry' ");
    expect(given).toContain(message);
    const form = () => void approval({ form: z.object({ dry: field }), timeout: '1h', onTimeout: 'fail' });
    expect(refusalOf(() => compileSmall(form)).message).toContain("The form of approval 'approval': field 'dry' ");
    const output = z.object({ dry: field });
    const command = () => defineStep({ name: 'step', input: z.object({}), output, process: { command: ['true'] } });
    expect(refusalOf(command).message).toContain("The output of step 'step': field 'dry' ");
  });

  it('is nothing of what pipelines take', () => {
    const taken = z.object({
      path: z.string().meta({ format: 'path' }),
      mail: z.email(),
      day: z.iso.date().default('2026-01-01'),
      id: z.uuid().nullable(),
      rate: z.number().gt(0).lt(1).multipleOf(0.01),
      count: z.int32().optional(),
      code: z
        .string()
        .regex(/^[a-z]+$/u)
        .min(1)
        .max(9)
        .startsWith('a')
        .includes('b')
        .lowercase(),
      tags: z
        .array(z.enum(['a', 'b']))
        .nonempty()
        .readonly(),
      more: z.record(z.string(), z.json()),
      pair: z.tuple([z.literal(1), z.boolean().prefault(true)]).describe('two'),
      either: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('a') }),
        z.looseObject({ kind: z.literal('b') }),
      ]),
      rows: dataset(z.object({ id: z.int() })),
      label: z.templateLiteral(['v', z.int()]),
    });
    expect(plainJsonSchemaOf(taken, 'It')).toMatchObject({ properties: { day: { default: '2026-01-01' } } });
  });

  it('is no matter to a handler, which is given what zod makes of it', () => {
    const { contract, inputSchema } = defineStep({
      name: 'step',
      input: z.object({ dry: z.stringbool(), name: z.string().trim() }),
      output: z.object({}),
    }).implement(() => ({}));
    expect(contract.input).toMatchObject({ properties: { dry: { type: 'string' } } });
    expect(inputSchema.parse({ dry: 'yes', name: ' a ' })).toEqual({ dry: true, name: 'a' });
  });
});

describe('the schema of rows to import', () => {
  const schemaOf = (schema: z.ZodObject) =>
    compileSmall(() => importArtifact({ uri: 'a.csv', artifact: 'dataset', schema }));

  it('is refused where tables cannot be checked against it, naming the column', () => {
    expect(refusalOf(() => schemaOf(z.object({ tags: z.array(z.string()) }))).message).toContain(
      "The rows to import: Column 'tags' is array",
    );
    const refined = z.object({ n: z.number().refine((n) => n > 0) });
    expect(refusalOf(() => schemaOf(refined)).message).toContain("The rows to import: field 'n' has a refinement");
    expect(refusalOf(() => schemaOf(z.object({ n: z.number().default(1) }))).message).toContain('has a `default`');
  });

  it('allows other columns, unless it is strict', () => {
    const properties = { n: { type: 'number' } };
    const given = (schema: z.ZodObject) => schemaOf(schema).body.nodes[0];
    const wired = (value: object) => ({ inputs: { schema: { value } } });
    const lax = { type: 'object', properties, required: ['n'] };
    expect(given(z.object({ n: z.number() }))).toMatchObject(wired(lax));
    expect(given(z.strictObject({ n: z.number() }))).toMatchObject(wired({ ...lax, additionalProperties: false }));
    expect(given(z.object({ n: z.number() }))).not.toMatchObject(wired({ additionalProperties: false }));
  });
});

describe('an artifact type', () => {
  it('says its kind, and a dataset its rows', () => {
    const kinds = { dataset: dataset(z.object({ id: z.int() })), model: model(), metrics: metrics(), report: report() };
    const { contract } = define(z.object({ ...kinds, transform: transform(), file: file() })).implement(() => ({}));
    const properties = contract.input.properties as Record<string, Record<string, unknown>>;
    expect(Object.entries(properties).map(([name, schema]) => [name, schema['x-artifact']])).toEqual(
      ['dataset', 'model', 'metrics', 'report', 'transform', 'file'].map((kind) => [kind, kind]),
    );
    expect(properties.dataset?.['x-rows']).toMatchObject({ properties: { id: { type: 'integer' } } });
  });

  it('takes a reference of its kind and no other', () => {
    const reference = { artifact: 'model', digest: 'sha256:0', uri: 'file:///m', size: 1, metadata: { rows: 1 } };
    expect(model().parse(reference)).toEqual(reference);
    expect(dataset().safeParse(reference).success).toBe(false);
  });
});
