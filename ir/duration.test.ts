import { describe, expect, it } from 'vitest';
import { type Duration, parseDuration } from './duration.ts';

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
