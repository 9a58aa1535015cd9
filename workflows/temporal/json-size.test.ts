import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLarger, jsonSize } from './json-size.ts';

const trueSize = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...halves()) }));
const leaf = fc.oneof(text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
const { json } = fc.letrec((tie) => ({
  json: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('json')), fc.dictionary(text, tie('json'))),
}));

/** Pairs, halves of pairs, and what is escaped in either way. */
function halves(): string[] {
  return ['\u{1f600}', '\ud83d', '\ude00', '\0', '\u001f', '\n', '"', '\\', '\u007f', '\u0080', '\u07ff', '\u0800'];
}

describe('the size of a value', () => {
  it('is that of its JSON', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(jsonSize(value)).toBe(trueSize(value));
      }),
      { numRuns: 500 },
    );
  });

  it('is compared as it is', () => {
    fc.assert(fc.property(json, fc.nat(200), (value, bytes) => isLarger(value, bytes) === trueSize(value) > bytes));
  });

  it('leaves out what JSON leaves out', () => {
    const value = { none: undefined, list: [undefined, Number.NaN] };
    expect(jsonSize(value)).toBe(trueSize(value));
    expect([jsonSize({ none: undefined }), jsonSize([]), jsonSize(undefined)]).toEqual([2, 2, 0]);
  });

  it('is told of more than a string holds', () => {
    const text = 'x'.repeat(1 << 20);
    const texts = Array.from({ length: 600 }, () => text);
    expect(jsonSize(texts)).toBe(600 * (trueSize(text) + 1) + 1);
  });

  it('is not looked for beyond what is enough', () => {
    const endless = {
      get next(): unknown {
        return endless;
      },
    };
    expect(isLarger(endless, 1 << 10)).toBe(true);
  });
});

it('of an output of numbers is not taken for a tenth of it', () => {
  const numbers = Array.from({ length: 1_000_000 }, (_, index) => index / 3);
  expect(isLarger(numbers, 8 * (1 << 20))).toBe(true);
});
