/** Numbers that the same seed gives again. */
export interface Random {
  /** From 0 to below the limit. */
  below(limit: number): number;
  /** Both ends included. */
  between(least: number, most: number): number;
  one<T>(of: readonly T[]): T;
}

/** Mulberry32, by Tommy Ettinger: 32 bits of state, enough to choose what breaks next. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    between: (least, most) => least + below(most - least + 1),
    one: (of) => {
      const chosen = of[below(of.length)];
      if (chosen === undefined) throw new RangeError('There is nothing to choose from.');
      return chosen;
    },
  };
}
