import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { zodText } from './zod-text.ts';

describe('what zod says', () => {
  it.each([
    [z.object({ n: z.number() }), undefined, 'has to be an object, and is nothing'],
    [z.object({ n: z.number() }), { n: 'one' }, 'has to be a number, and is text'],
    [z.object({ n: z.int() }), { n: 1.5 }, 'has to be a whole number, and is a number'],
    [z.object({ n: z.number().min(1) }), { n: 0 }, 'has to be >=1'],
    [z.object({ n: z.string().min(3) }), { n: '' }, 'has to have >=3 characters'],
    [z.object({ n: z.enum(['x', 'y']) }), { n: 'z' }, 'has to be one of "x"|"y"'],
    [z.strictObject({}), { n: 1 }, 'has the unknown field "n"'],
    [z.union([z.string(), z.number()]), null, 'is none of what it may be'],
  ])('is told as a sentence: %#', (contract, value, told) => {
    expect(zodText(contract.safeParse(value).error?.issues[0]?.message ?? '')).toBe(told);
  });

  it('stays as the schema’s author wrote it', () => {
    expect(zodText('Rates are between 0 and 1')).toBe('Rates are between 0 and 1');
  });
});
