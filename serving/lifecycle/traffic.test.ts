import { describe, expect, it } from 'vitest';
import { chooseShare } from './traffic.ts';

const shares = [
  { version: 1, percent: 75 },
  { version: 2, percent: 0 },
  { version: 3, percent: 25 },
];

describe('chooseShare', () => {
  it.each([
    [0, 1],
    [0.7499, 1],
    [0.75, 3],
    [0.9999, 3],
    [1, 3],
  ])('at %d takes version %i', (random, version) => {
    expect(chooseShare(shares, () => random)?.version).toBe(version);
  });

  it('finds none where none has traffic', () => {
    expect(chooseShare([], () => 0)).toBeUndefined();
    expect(chooseShare([{ percent: 0 }], () => 0)).toBeUndefined();
  });
});
