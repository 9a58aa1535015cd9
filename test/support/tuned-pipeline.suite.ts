import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { definePipeline, defineStep } from 'millrace';
import { random, successiveHalving, tune, uniform } from 'millrace/steps';
import { z } from 'zod';

/** Best at x = 3. What it is called with goes into a ledger; what it has reached is what it may go on from. */
const score = defineStep({
  name: 'score',
  input: z.object({
    folder: z.string(),
    x: z.number(),
    epochs: z.number().default(1),
    from: z.number().nullable().default(null),
  }),
  output: z.object({ value: z.number(), reached: z.number() }),
}).implement(async ({ input }) => {
  const reached = (input.from ?? 0) + input.epochs;
  await appendFile(join(input.folder, 'ledger'), `from ${input.from ?? 0} to ${reached}\n`);
  return { value: -((input.x - 3) ** 2), reached };
});

export default definePipeline({ name: 'tuned', params: z.object({ folder: z.string() }) }, ({ params: { folder } }) => {
  const space = { x: uniform(0, 10) };
  const metric = 'value' as const;
  const goal = 'maximize' as const;
  return {
    wide: tune({
      ...{ name: 'wide', step: score, input: { folder, epochs: 0 }, space, metric, goal },
      strategy: random({ trials: 12, seed: 1 }),
      concurrency: 4,
    }),
    deep: tune({
      ...{ name: 'deep', step: score, input: { folder }, space, metric, goal },
      strategy: successiveHalving({
        ...{ trials: 9, seed: 2, budget: 'epochs', minBudget: 1, maxBudget: 9 },
        resume: { from: 'reached', into: 'from' },
      }),
    }),
  };
});
