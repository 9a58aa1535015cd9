import fc from 'fast-check';

/** A random pipeline as data. Each block takes a number and gives one; a lane is a chain of blocks, lanes are side by side. */
export interface Recipe {
  readonly lanes: readonly (readonly Block[])[];
  /** Whether its last task fails for good, and with it the run. */
  readonly isDoomed: boolean;
}

export type Block =
  | { readonly kind: 'chain'; readonly length: number }
  | { readonly kind: 'fanOut'; readonly width: number; readonly concurrency: number; readonly isNested: boolean }
  | { readonly kind: 'loop'; readonly rounds: number }
  | { readonly kind: 'light'; readonly width: number }
  /** A fan-out that the run's history has no room for: most of its items are light, the last two are not. */
  | { readonly kind: 'wide'; readonly width: number }
  /** A loop whose part is continued as new. */
  | { readonly kind: 'long'; readonly rounds: number }
  | { readonly kind: 'when'; readonly divisor: number }
  | { readonly kind: 'flaky'; readonly failures: number }
  | { readonly kind: 'tolerant'; readonly width: number }
  | { readonly kind: 'pooled'; readonly width: number }
  | { readonly kind: 'publish'; readonly rows: number }
  | { readonly kind: 'command' }
  | { readonly kind: 'twins' }
  | { readonly kind: 'approval' }
  | { readonly kind: 'sleep' }
  | { readonly kind: 'gang'; readonly size: number }
  | { readonly kind: 'promotions'; readonly isServed: boolean }
  | { readonly kind: 'booking' }
  | { readonly kind: 'mail' };

const width = (max: number) => fc.integer({ min: 2, max });
const kind = <K extends Block['kind']>(name: K) => fc.constant(name);

const block: fc.Arbitrary<Block> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: kind('chain'), length: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: kind('fanOut'), width: width(4), concurrency: width(4), isNested: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: kind('loop'), rounds: width(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('light'), width: width(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('flaky'), failures: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('publish'), rows: fc.integer({ min: 1, max: 500 }) }) },
  fc.record({ kind: kind('when'), divisor: width(3) }),
  fc.record({ kind: kind('tolerant'), width: width(4) }),
  fc.record({ kind: kind('pooled'), width: width(3) }),
  fc.record({ kind: kind('command') }),
  fc.record({ kind: kind('twins') }),
  fc.record({ kind: kind('approval') }),
  fc.record({ kind: kind('sleep') }),
  { weight: 2, arbitrary: fc.record({ kind: kind('gang'), size: width(3) }) },
  fc.record({ kind: kind('promotions'), isServed: fc.boolean() }),
  fc.record({ kind: kind('booking') }),
  fc.record({ kind: kind('mail') }),
);

/** What runs in parts takes seconds: where a pipeline has such a block, it has one, beside the rest. */
const apart: fc.Arbitrary<Block> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: kind('wide'), width: fc.integer({ min: 650, max: 850 }) }) },
  fc.record({ kind: kind('long'), rounds: fc.integer({ min: 80, max: 90 }) }),
);

const recipes: fc.Arbitrary<Recipe> = fc
  .record({
    lanes: fc.array(fc.array(block, { minLength: 3, maxLength: 6 }), { minLength: 1, maxLength: 3 }),
    isDoomed: fc.nat(4).map((number) => number === 0),
    apart: fc.option(apart, { freq: 2 }),
  })
  .map(({ lanes, isDoomed, apart }) => ({ lanes: apart === null ? lanes : [...lanes, [apart]], isDoomed }));

/** The same seed gives the same recipe. */
export function recipeOf(seed: number): Recipe {
  const [recipe] = fc.sample(recipes, { seed, numRuns: 1 });
  if (recipe === undefined) throw new Error('fast-check gives as many samples as it is asked for.');
  return recipe;
}
