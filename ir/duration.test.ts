import { describe, expect, it } from 'vitest';
import { type Duration, exactDuration, parseDuration } from './duration.ts';

describe('parseDuration', () => {
  it.each<[Duration, number]>([
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5h', 5_400_000],
    ['10m', 600_000],
    ['2d', 172_800_000],
    [0, 0],
    [1_500, 1_500],
  ])('%s is %d ms', (duration, ms) => {
    expect(parseDuration(duration)).toBe(ms);
  });

  it.each(['2 hrs', '-1s', '1e3s', 's', '', '5', -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %s',
    (duration) => {
      expect(() => parseDuration(duration as Duration)).toThrow(
        /is no duration: (write a number and one of|give milli)/,
      );
    },
  );
});

describe('exactDuration', () => {
  it.each([
    [2_000, '2 s'],
    [90_000, '90 s'],
    [1_500, '1500 ms'],
    [3_600_000, '1 h'],
    [172_800_000, '2 d'],
    [0.5, '0.5 ms'],
    [0, '0 ms'],
  ])('of %d ms is %s', (ms, text) => {
    expect(exactDuration(ms)).toBe(text);
  });
});
