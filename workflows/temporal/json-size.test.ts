import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLarger, jsonSize, leastSize } from './json-size.ts';

const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);

describe('the size of a value', () => {
  it('is never less than what is told without writing it', () => {
    fc.assert(fc.property(json, (value) => leastSize(value) <= jsonSize(value)));
  });

  it('is never more than 24 times that', () => {
    fc.assert(fc.property(json, (value) => jsonSize(value) <= 24 * leastSize(value)));
  });

  it('is about that for large texts, however deep', () => {
    const value = { rows: Array.from({ length: 100 }, (_, index) => ({ index, text: 'x'.repeat(1_000) })) };
    expect(leastSize(value) / jsonSize(value)).toBeGreaterThan(0.95);
  });

  it('is compared as it is', () => {
    fc.assert(fc.property(json, fc.nat(200), (value, bytes) => isLarger(value, bytes) === jsonSize(value) > bytes));
  });

  it('is not looked for beyond what is enough', () => {
    expect(leastSize(['x'.repeat(10), 'y'.repeat(1_000)], 5)).toBeLessThan(20);
  });
});
