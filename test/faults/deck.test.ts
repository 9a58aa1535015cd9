import { describe, expect, it } from 'vitest';
import { newDeck } from './deck.ts';
import type { Fault } from './fault.ts';
import { randomFrom } from './random.ts';

const kinds: readonly Fault[] = ['a', 'b', 'c'].map((kind) => ({
  kind,
  isPossible: () => true,
  strike: async () => null,
}));

describe('a deck of faults', () => {
  it('has every kind strike before one strikes again', () => {
    const deck = newDeck(kinds, randomFrom(3));
    const rounds = [1, 2].map(() =>
      kinds.map(() => {
        const { kind } = deck.draw();
        deck.struck();
        return kind;
      }),
    );
    for (const round of rounds) expect([...round].sort()).toEqual(['a', 'b', 'c']);
  });

  it('has what hit nothing come again, and the others go on meanwhile', () => {
    const deck = newDeck(kinds, randomFrom(3));
    const drawn: string[] = [];
    const hasStruck = () => drawn.length > 8 && drawn.at(-1) === 'b';
    while (drawn.length < 20 && !hasStruck()) {
      const fault = deck.draw();
      drawn.push(fault.kind);
      // There is nothing for it among the first eight.
      if (fault.kind === 'b' && drawn.length <= 8) deck.missed(fault);
      else deck.struck();
    }
    expect(hasStruck()).toBe(true);
    expect(drawn.join('')).not.toContain('bb');
    expect(drawn.filter((kind) => kind === 'a').length).toBeGreaterThan(1);
  });

  it('goes on where all have hit nothing', () => {
    const deck = newDeck(kinds, randomFrom(3));
    for (const _ of kinds) deck.missed(deck.draw());
    expect(kinds).toContain(deck.draw());
  });
});
