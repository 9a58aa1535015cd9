import { defineStep, model } from 'millrace';
import { z } from 'zod';

const trial = z.object({ model: model(), learningRate: z.number(), logLoss: z.number() });

/** The trial with the least log loss, each row judged before it was learned from. */
export const selectBest = defineStep({
  name: 'selectBest',
  input: z.object({ trials: z.array(trial).min(1) }),
  output: trial,
  cost: 'light',
}).implement(({ input }) => input.trials.reduce((best, next) => (next.logLoss < best.logLoss ? next : best)));
