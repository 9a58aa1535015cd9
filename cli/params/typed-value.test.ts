import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonSchema } from '../../ir/json.ts';
import { typedValue } from './typed-value.ts';

const schemaOf = (type: z.ZodType): JsonSchema => z.toJSONSchema(type, { io: 'input' }) as JsonSchema;
const read = (text: string, type: z.ZodType) => typedValue(text, schemaOf(type));

describe('a parameter written as text', () => {
  it('stays text where the schema wants text', () => {
    expect(read('007', z.string())).toBe('007');
    expect(read('true', z.string())).toBe('true');
    expect(read('[1]', z.string())).toBe('[1]');
    expect(read('null', z.string())).toBe('null');
  });

  it('becomes a number or a boolean where one is due', () => {
    expect(read('0.1', z.number())).toBe(0.1);
    expect(read('1e3', z.int())).toBe(1000);
    expect(read('-2', z.number().optional())).toBe(-2);
    expect(read('false', z.boolean())).toBe(false);
  });

  it('is left as it is where it does not fit, for the submission to refuse by name', () => {
    expect(read('ten', z.number())).toBe('ten');
    expect(read('', z.number())).toBe('');
    expect(read('yes', z.boolean())).toBe('yes');
    expect(read('{', z.object({}))).toBe('{');
  });

  it('becomes a list from JSON or from commas, each item by its own type', () => {
    expect(read('[0.1, 0.01]', z.array(z.number()))).toEqual([0.1, 0.01]);
    expect(read('0.1,0.01', z.array(z.number()))).toEqual([0.1, 0.01]);
    expect(read('1, 2', z.array(z.string()))).toEqual(['1', '2']);
    expect(read('', z.array(z.number()))).toEqual([]);
    expect(read('[1,', z.array(z.number()))).toBe('[1,');
  });

  it('becomes an object from JSON', () => {
    expect(read('{"a":1}', z.object({ a: z.number() }))).toEqual({ a: 1 });
  });

  it('becomes null only where null may be', () => {
    expect(read('null', z.number().nullable())).toBeNull();
    expect(read('5', z.number().nullable())).toBe(5);
    expect(read('null', z.string().nullable())).toBeNull();
  });

  it('is tried as the other types of a union before text', () => {
    expect(read('5', z.union([z.string(), z.number()]))).toBe(5);
    expect(read('five', z.union([z.string(), z.number()]))).toBe('five');
  });

  it('becomes what an enum lists', () => {
    expect(read('mean', z.enum(['mean', 'median']))).toBe('mean');
    expect(typedValue('2', { enum: [1, 2, 3] })).toBe(2);
  });

  it('follows references into $defs', () => {
    expect(typedValue('3', { $ref: '#/$defs/Rate' }, { Rate: { type: 'number' } })).toBe(3);
  });
});
