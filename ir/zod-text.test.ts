import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { zodText } from './zod-text.ts';

describe('what zod says', () => {
  it.each([
    [z.object({ n: z.number() }), undefined, 'has to be an object, and is nothing'],
    [z.object({ n: z.number() }), { n: 'one' }, 'has to be a number, and is text'],
    [z.object({ n: z.int() }), { n: 1.5 }, 'has to be a whole number, and is 1.5'],
    [z.object({ n: z.number().min(1) }), { n: 0 }, 'has to be at least 1, and is 0'],
    [z.object({ n: z.number().lt(1) }), { n: 1 }, 'has to be less than 1, and is 1'],
    [z.object({ n: z.number() }), { n: Number.NaN }, 'has to be a number, and is NaN'],
    [z.object({ n: z.string() }), { n: 7 }, 'has to be text, and is 7'],
    [z.object({ n: z.string().min(3) }), { n: '' }, 'has to have at least 3 characters'],
    [z.object({ n: z.enum(['x', 'y']) }), { n: 'z' }, 'has to be one of "x"|"y"'],
    [z.strictObject({}), { n: 1 }, 'has the unknown field "n"'],
    [z.union([z.string(), z.number()]), null, 'is none of what it may be'],
  ])('is told as a sentence: %#', (contract, value, told) => {
    const parsed = contract.safeParse(value, { reportInput: true });
    expect(zodText(parsed.error?.issues[0] ?? expect.fail('fits'))).toBe(told);
  });

  it('stays as the schema’s author wrote it', () => {
    expect(zodText({ message: 'Rates are between 0 and 1', input: 3 })).toBe('Rates are between 0 and 1');
  });
});
