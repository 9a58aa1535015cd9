import { describe, expect, it } from 'vitest';
import { type MemorySize, parseMemory } from './memory-size.ts';

describe('parseMemory', () => {
  it.each<[MemorySize, number]>([
    ['512Mi', 512 * 2 ** 20],
    ['1.5Gi', 1_610_612_736],
    ['2Ki', 2_048],
    ['1Ti', 2 ** 40],
    [1_000, 1_000],
  ])('%s is %d bytes', (size, bytes) => {
    expect(parseMemory(size)).toBe(bytes);
  });

  it.each(['16GB', '16 Gi', '-1Gi', '', 0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %s', (size) => {
    expect(() => parseMemory(size as MemorySize)).toThrow(RangeError);
  });
});
