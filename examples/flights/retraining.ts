import { definePipeline, format, importArtifact, monthly, when } from 'millrace';
import { preprocess, promote, splitByTime } from 'millrace/steps';
import { z } from 'zod';
import { cleaning } from './cleaning.ts';
import { Flight } from './flight.ts';
import { learn } from './learning.ts';

/**
 * A month's retraining: learned from all months before, tested on the month itself against the champion, and promoted where it
 * is no worse. A schedule starts it when a month is over; the months of the data, one after another:
 *
 *     millrace backfills create examples/flights/retraining.ts --concurrency 1
 */
export default definePipeline(
  {
    name: 'flight-retraining',
    description: 'Retrains flight-delays with what a month has brought.',
    params: z.object({
      source: z.string().meta({ format: 'path' }).default('../../node_modules/vega-datasets/data/flights-3m.parquet'),
      learningRates: z.array(z.number().positive()).min(1).default([0.1, 0.3]),
      minAuc: z.number().min(0).max(1).default(0.7),
      maxCalibrationError: z.number().min(0).max(1).default(0.1),
    }),
    partitions: monthly({ start: '2001-02', end: '2001-06' }),
    // Two at once would each test against a champion that the other is about to replace.
    maxRuns: 1,
  },
  ({ params, run }) => {
    const flights = importArtifact({ uri: params.source, artifact: 'dataset', schema: Flight });
    const clean = preprocess({ data: flights, ...cleaning });
    const { training, holdout } = splitByTime({
      data: clean.data,
      column: 'date',
      holdoutFrom: format`${run.partition}-01`,
      // The end of the month.
      until: run.logicalTime,
    });
    const { learningRates, minAuc, maxCalibrationError } = params;
    const { best, report, evidence, passes } = learn({
      ...{ training, holdout, learningRates, minAuc, maxCalibrationError },
      tests: 'predictMonth',
    });
    return when(passes, {
      name: 'gate',
      do: () => ({
        promotion: promote({ model: best.model, endpoint: 'flight-delays', evidence }),
        summary: format`AUC ${report.auc}`,
      }),
      otherwise: () => ({ promotion: null, summary: format`AUC ${report.auc} is no reason to change the champion` }),
    });
  },
);
