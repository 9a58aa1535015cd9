import { z } from 'zod';
import {
  and,
  dataset,
  definePipeline,
  defineStep,
  fanOut,
  format,
  gte,
  lte,
  metrics,
  model,
  notify,
  onMetricCrossed,
  onWebhook,
  predictions,
  when,
} from '../index.ts';
import { promote } from '../promote.ts';

const FlightFeatures = z.object({ hour: z.int(), distance: z.number(), late: z.boolean() });
const FlightScore = z.object({ probability: z.number() });

const preprocess = defineStep({
  name: 'preprocess',
  input: z.object({ source: z.string() }),
  output: z.object({ flights: dataset(FlightFeatures) }),
  sources: ['source'],
}).implement(async ({ task }) => ({ flights: await task.write('dataset', () => undefined) }));

const split = defineStep({
  name: 'split',
  input: z.object({ flights: dataset(FlightFeatures) }),
  output: z.object({ training: dataset(FlightFeatures), holdout: dataset(FlightFeatures) }),
}).implement(({ input }) => ({ training: input.flights, holdout: input.flights }));

const train = defineStep({
  name: 'train',
  input: z.object({
    training: dataset(FlightFeatures),
    learningRate: z.number().positive(),
    epochs: z.int().default(10),
  }),
  output: z.object({ model: model(), holdoutAuc: z.number() }),
  resources: { queue: 'gpu', memory: '16Gi' },
  retry: { attempts: 3, backoff: '30s' },
  timeout: '2h',
}).implement(async ({ input, task }) => {
  task.log.info(`Training for ${input.epochs.toFixed()} epochs`, { learningRate: input.learningRate });
  return { model: await task.write('model', () => undefined), holdoutAuc: 0.75 };
});

const selectBest = defineStep({
  name: 'selectBest',
  input: z.object({ trials: z.array(z.object({ model: model(), holdoutAuc: z.number() })) }),
  output: z.object({ model: model() }),
}).implement(({ input }) => {
  const [best] = input.trials.toSorted((left, right) => right.holdoutAuc - left.holdoutAuc);
  if (!best) throw new Error('There is no trial to choose from.');
  return { model: best.model };
});

const batchPredict = defineStep({
  name: 'batchPredict',
  input: z.object({ model: model(), rows: dataset() }),
  output: z.object({ predictions: predictions(FlightScore) }),
}).implement(async ({ task }) => ({ predictions: await task.write('predictions', () => undefined) }));

const evaluate = defineStep({
  name: 'evaluate',
  input: z.object({ predictions: predictions(FlightScore) }),
  output: z.object({ auc: z.number(), p99Ms: z.number(), metrics: metrics() }),
}).implement(async ({ task }) => ({ auc: 0.75, p99Ms: 3, metrics: await task.write('metrics', () => undefined) }));

export default definePipeline(
  {
    name: 'flight-delays',
    params: z.object({
      source: z.string(),
      rates: z.array(z.number()).default([0.1, 0.01]),
      minAuc: z.number().default(0.7),
    }),
    schedule: { cron: '0 3 * * *', timezone: 'UTC', overlap: 'skip' },
    triggers: [
      onMetricCrossed({
        name: 'retrain',
        of: 'monitor-flights',
        metric: 'psi',
        above: 0.2,
        where: ({ event }) => lte(event.value, 5),
        params: () => ({ source: 's3://flights/latest.parquet', minAuc: 0.75 }),
      }),
      onWebhook({
        name: 'from-upload',
        body: z.object({ file: z.string() }),
        params: ({ event }) => ({ source: event.body.file }),
        paused: true,
        note: 'until uploads are signed',
      }),
    ],
    onExit: ({ run }) => notify({ text: format`${run.pipeline} ${run.id}: ${run.status}` }),
  },
  ({ params }) => {
    const { flights } = preprocess({ source: params.source });
    const { training, holdout } = split({ flights });
    const trials = fanOut(params.rates, { concurrency: 4 }, (learningRate) => train({ training, learningRate }));
    const best = selectBest({ trials });
    const scored = batchPredict({ model: best.model, rows: holdout }, { queue: 'gpu' });
    const report = evaluate({ predictions: scored.predictions });
    return when(and(gte(report.auc, params.minAuc), lte(report.p99Ms, 50)), {
      do: () =>
        promote({
          model: best.model,
          endpoint: 'flight-delays',
          strategy: { canary: [5, 25, 100], bake: '10m' },
        }),
      otherwise: () => notify({ text: format`AUC ${report.auc} is below the gate` }),
    });
  },
);
