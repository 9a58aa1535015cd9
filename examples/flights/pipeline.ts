import { definePipeline, eq, format, importArtifact, when } from 'millrace';
import { batchPredict, preprocess, promote, publishPredictions, splitByTime } from 'millrace/steps';
import { z } from 'zod';
import { cleaning } from './cleaning.ts';
import { Flight } from './flight.ts';
import { learn } from './learning.ts';

/**
 * Which flights will be late? From three million flights to a served model: learned from January to April, tested on
 * May against the champion, where there is one, and, once it is promoted, June's flights scored into a table for SQL.
 */
export default definePipeline(
  {
    name: 'flight-delays',
    description: 'Predicts which flights arrive 15 minutes late or more.',
    params: z.object({
      /** A Parquet file of flights: a path or file:// URI on the worker. */
      source: z.string().meta({ format: 'path' }).default('../../node_modules/vega-datasets/data/flights-3m.parquet'),
      learningRates: z.array(z.number().positive()).min(1).default([0.1, 0.3]),
      minAuc: z.number().min(0).max(1).default(0.7),
      /** How far what is said may lie from what comes true, on the mean. */
      maxCalibrationError: z.number().min(0).max(1).default(0.1),
      /** The DuckDB file that analysts ask. */
      database: z.string().meta({ format: 'path' }).default('predictions.duckdb'),
    }),
  },
  ({ params }) => {
    const flights = importArtifact({ uri: params.source, artifact: 'dataset', schema: Flight });
    const clean = preprocess({ data: flights, ...cleaning });
    const { training, holdout, score } = splitByTime({
      data: clean.data,
      column: 'date',
      holdoutFrom: '2001-05-01',
      scoreFrom: '2001-06-01',
    });
    const { learningRates, minAuc, maxCalibrationError } = params;
    const { best, report, evidence, passes } = learn({
      ...{ training, holdout, learningRates, minAuc, maxCalibrationError },
      tests: 'predictMay',
    });
    return when(passes, {
      name: 'gate',
      do: () => {
        const promotion = promote({
          model: best.model,
          endpoint: 'flight-delays',
          evidence,
        });
        // What analysts read comes from the model that is served: not from one that was rolled back.
        const published = when(eq(promotion.status, 'promoted'), {
          name: 'promoted',
          do: () => {
            const june = batchPredict(
              { model: best.model, rows: score, keep: ['flight_id', 'date', 'origin', 'destination'] },
              { name: 'predictJune' },
            );
            return publishPredictions({
              predictions: june.predictions,
              database: params.database,
              table: 'flight_delays',
              partition: '2001-06',
            });
          },
        });
        return { promotion, published, summary: format`AUC ${report.auc}` };
      },
      otherwise: () => ({ promotion: null, published: null, summary: format`AUC ${report.auc} is below the gate` }),
    });
  },
);
