import { defineStep } from 'millrace';
import { z } from 'zod';
import { training } from './train.ts';

export const selectBest = defineStep({
  name: 'selectBest',
  input: z.object({ trials: z.array(training).min(1) }),
  output: training,
  cost: 'light',
}).implement(({ input }) => input.trials.reduce((best, next) => (next.loss < best.loss ? next : best)));
