import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonObject, JsonSchema } from '../../ir/json.ts';
import { validateParams } from './validate-params.ts';

const validated = (params: z.ZodObject, given: JsonObject) =>
  validateParams('p', JSON.parse(JSON.stringify(z.toJSONSchema(params, { io: 'input' }))) as JsonSchema, given);

describe('the parameters of a run', () => {
  it('get their defaults at every depth', () => {
    const params = z.object({ opts: z.object({ lr: z.number().default(0.1) }), n: z.number().default(1) });
    expect(validated(params, { opts: {} })).toEqual({ opts: { lr: 0.1 }, n: 1 });
  });

  it('may be decimals of a step', () => {
    const params = z.object({ price: z.number().multipleOf(0.01) });
    expect(validated(params, { price: 0.29 })).toEqual({ price: 0.29 });
    expect(() => validated(params, { price: 0.295 })).toThrow('price: has to be a multiple of 0.01, and is 0.295.');
  });

  it('are refused once where they are not known, by a strict schema too, and by one that has none', () => {
    expect(() => validated(z.strictObject({ n: z.number() }), { n: 1, m: 2 })).toThrow(
      'Parameters of p: m: no such parameter; did you mean n?',
    );
    expect(() => validated(z.object({}), { m: 2 })).toThrow('Parameters of p: m: no such parameter.');
  });

  it('may have any name where the schema says so', () => {
    expect(validated(z.looseObject({ n: z.number() }), { n: 1, m: 2 })).toEqual({ n: 1, m: 2 });
    expect(() => validated(z.object({}).catchall(z.number()), { m: 'x' })).toThrow(
      'm: has to be a number, and is text.',
    );
  });
});
