import { z } from 'zod';
import { model } from '../../../dsl/artifact-types.ts';
import { definePipeline } from '../../../dsl/define-pipeline.ts';
import { defineStep } from '../../../dsl/define-step.ts';
import { choice, integer, logUniform, uniform } from '../dimension.ts';
import { random, successiveHalving } from '../strategy.ts';
import { tune } from '../tune.ts';

const train = defineStep({
  name: 'train',
  input: z.object({
    rows: z.string(),
    rate: z.number().positive(),
    depth: z.int().max(9),
    kind: z.enum(['tree', 'linear']).default('tree'),
    epochs: z.number().default(1),
    start: model().nullable().default(null),
  }),
  output: z.object({ model: model(), auc: z.number(), note: z.string() }),
}).implement(async ({ task }) => ({ model: await task.write('model', () => {}), auc: 1, note: '' }));

/* A search at random, and one by successive halving. */
export default definePipeline({ name: 'search', params: z.object({ rows: z.string() }) }, ({ params }) => {
  const wide = tune({
    name: 'wide',
    step: train,
    input: { rows: params.rows, depth: 3 },
    space: { rate: logUniform(1e-4, 1e-1), kind: choice(['tree', 'linear']) },
    metric: 'auc',
    goal: 'maximize',
    strategy: random({ trials: 5, seed: 7 }),
    earlyStop: { patience: 2, minImprovement: 0.01 },
    concurrency: 2,
  });
  const deep = tune({
    name: 'deep',
    step: train,
    input: { rows: params.rows },
    space: { rate: uniform(0.1, 0.2), depth: integer(2, 9) },
    metric: 'auc',
    goal: 'minimize',
    strategy: successiveHalving({
      trials: 5,
      eta: 2,
      budget: 'epochs',
      minBudget: 1,
      maxBudget: 4,
      resume: { from: 'model', into: 'start' },
    }),
    minSuccess: 0.5,
  });
  return { model: wide.best.output.model, rate: wide.best.params.rate, depth: deep.best.params.depth };
});
