import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonSchema } from './json.ts';
import { paramsText } from './params-text.ts';

const textOf = (shape: z.core.$ZodShape) =>
  paramsText(JSON.parse(JSON.stringify(z.toJSONSchema(z.object(shape), { io: 'input' }))) as JsonSchema);

describe('parameters as people read them', () => {
  it('have their types, and their defaults', () => {
    const shape = {
      minAuc: z.number().default(0.7),
      rates: z.array(z.number()),
      source: z.string().meta({ format: 'path' }),
      mode: z.enum(['fast', 'slow']).default('fast'),
      days: z.int().optional(),
      label: z.string().nullable().default(null),
      dry: z.boolean(),
      options: z.object({ a: z.number() }),
      names: z.array(z.string()),
      grid: z.array(z.array(z.number())),
      any: z.unknown(),
    };
    expect(textOf(shape)).toBe(
      'minAuc (a number, 0.7 unless given), rates (a list of numbers), source (a path), ' +
        'mode (fast or slow, "fast" unless given), days (a whole number, optional), ' +
        'label (text or null, null unless given), dry (true or false), options (an object), ' +
        'names (a list of text), grid (a list of a list of numbers), any (any JSON)',
    );
  });

  it('stay short, whatever their defaults are, and go into no circle', () => {
    expect(textOf({ rates: z.array(z.number()).default(Array.from({ length: 99 }, () => 1)) })).toMatch(
      /^rates \(a list of numbers, \[1,1,(1,)+… unless given\)$/,
    );
    interface Tree {
      readonly inner: readonly Tree[];
    }
    const Tree: z.ZodType<Tree> = z.lazy(() => z.object({ inner: z.array(Tree) }));
    expect(textOf({ tree: Tree })).toBe('tree (an object)');
    expect(textOf({})).toBe('');
  });
});
