import { z } from 'zod';
import { type Model, model } from '../../dsl/artifact-types.ts';
import { defineStep } from '../../dsl/define-step.ts';
import { definePipeline, type Ref } from '../../dsl/index.ts';
import { choice, logUniform, uniform } from './dimension.ts';
import { random, successiveHalving } from './strategy.ts';
import { tune } from './tune.ts';

/* As dsl/typing.test-d.ts: each `@ts-expect-error` says why the line below it is wrong. */

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;
function same<A, B>(_: Same<A, B>): void {}

const train = defineStep({
  name: 'train',
  input: z.object({
    rows: z.string(),
    rate: z.number(),
    kind: z.enum(['tree', 'linear']),
    epochs: z.int().default(1),
    start: model().nullable().default(null),
  }),
  output: z.object({ model: model(), auc: z.number(), note: z.string() }),
}).implement(async ({ task }) => ({ model: await task.write('model', () => {}), auc: 1, note: '' }));

const whole = definePipeline({ name: 'whole', params: z.object({ rate: z.number() }) }, ({ params }) =>
  train({ rows: '', rate: params.rate, kind: 'tree' }),
);

declare const rows: Ref<string>;
const goal = 'maximize' as const;
const metric = 'auc' as const;
const strategy = random({ trials: 2 });
const halving = successiveHalving({ trials: 2, budget: 'epochs', minBudget: 1, maxBudget: 3 });

export function searches(): void {
  const space = { rate: logUniform(1e-4, 1e-1), kind: choice(['tree', 'linear']) };
  const { best, trials } = tune({ step: train, input: { rows }, space, metric, goal, strategy });
  same<typeof best.metric, Ref<number>>(true);
  same<typeof best.params.kind, Ref<'tree' | 'linear'>>(true);
  same<typeof best.output.model, Ref<Model>>(true);
  void trials;
  tune({ step: train, input: { rows }, space, metric, goal, strategy: halving });
  tune({ step: train, input: { rows, epochs: 3 }, space, metric, goal, strategy });
  tune({ step: whole, input: {}, space: { rate: uniform(0, 1) }, metric, goal, strategy });
  tune({
    ...{ step: train, input: { rows }, space, metric, goal },
    strategy: successiveHalving({
      ...{ trials: 2, budget: 'epochs', minBudget: 1, maxBudget: 3 },
      resume: { from: 'model', into: 'start' },
    }),
  });
}

export function refusals(): void {
  const space = { rate: uniform(0, 1), kind: choice(['tree']) };
  // @ts-expect-error an input is missing: neither space nor strategy gives 'rows'
  tune({ step: train, input: {}, space, metric, goal, strategy });
  // @ts-expect-error 'rate' is given twice
  tune({ step: train, input: { rows, rate: 1 }, space, metric, goal, strategy });
  // @ts-expect-error the step has no input 'speed'
  tune({ step: train, input: { rows }, space: { ...space, speed: uniform(0, 1) }, metric, goal, strategy });
  // @ts-expect-error 'kind' is no number
  tune({ step: train, input: { rows }, space: { rate: uniform(0, 1), kind: uniform(0, 1) }, metric, goal, strategy });
  // @ts-expect-error 'forest' is none of its kinds
  tune({ step: train, input: { rows }, space: { ...space, kind: choice(['forest']) }, metric, goal, strategy });
  // @ts-expect-error 'note' is a text
  tune({ step: train, input: { rows }, space, metric: 'note', goal, strategy });
  // @ts-expect-error the step gives no 'loss'
  tune({ step: train, input: { rows }, space, metric: 'loss', goal, strategy });
  const hours = successiveHalving({ trials: 2, budget: 'hours', minBudget: 1, maxBudget: 3 });
  // @ts-expect-error the step has no input 'hours'
  tune({ step: train, input: { rows }, space, metric, goal, strategy: hours });
  // @ts-expect-error the strategy gives 'epochs'
  tune({ step: train, input: { rows, epochs: 1 }, space, metric, goal, strategy: halving });
}
