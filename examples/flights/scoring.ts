import { daily, definePipeline, format, importArtifact, registered } from 'millrace';
import { batchPredict, preprocess, publishPredictions } from 'millrace/steps';
import { z } from 'zod';
import { cleaning } from './cleaning.ts';
import { Flight } from './flight.ts';

/**
 * A day's flights, scored by the model that is champion when the run begins, into a table for SQL: the day's rows replace those
 * that were there. It needs a champion, which the pipeline beside it promotes. For all of the data, one file that takes one
 * writer:
 *
 *     millrace backfills create examples/flights/scoring.ts --concurrency 1
 */
export default definePipeline(
  {
    name: 'flight-scores',
    description: 'Scores a day of flights with the champion.',
    params: z.object({
      source: z.string().meta({ format: 'path' }).default('../../node_modules/vega-datasets/data/flights-3m.parquet'),
      /** The DuckDB file that analysts ask. */
      database: z.string().meta({ format: 'path' }).default('scores.duckdb'),
    }),
    partitions: daily({ start: '2001-01-01', end: '2001-06-30' }),
  },
  ({ params, run }) => {
    const flights = importArtifact({ uri: params.source, artifact: 'dataset', schema: Flight });
    const day = preprocess({
      data: flights,
      ...cleaning,
      reject: { 'of another day': format`CAST(date AS DATE) <> DATE '${run.partition}'`, ...cleaning.reject },
    });
    const scored = batchPredict({
      model: registered('flight-delays@champion'),
      rows: day.data,
      keep: ['flight_id', 'date', 'origin', 'destination'],
    });
    return publishPredictions({
      predictions: scored.predictions,
      database: params.database,
      table: 'flight_scores',
      partition: run.partition,
    });
  },
);
