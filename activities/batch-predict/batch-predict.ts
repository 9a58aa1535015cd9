import { z } from 'zod';
import { dataset, model } from '../../dsl/artifact-types.ts';
import { definePipeline } from '../../dsl/define-pipeline.ts';
import { fanOut } from '../../dsl/fan-out.ts';
import { chunkRowsSchema, keepSchema } from './chunk-schema.ts';
import { joinPredictions } from './join-predictions.ts';
import { planPredictions } from './plan-predictions.ts';
import { predictRows } from './predict-rows.ts';

/**
 * Scores a table with a model: chunks side by side on all workers, resumed at the chunk, in bounded memory. A row is the
 * columns kept, `probability` (FLOAT, of the event) and `model` (the model's digest); rows keep their order.
 *
 * @example const { predictions } = batchPredict({ model: best.model, rows: holdout, keep: ['flight_id', 'late'] });
 */
export const batchPredict = definePipeline(
  {
    name: 'batchPredict',
    description: 'Scores a table with a model, in chunks.',
    params: z.object({
      model: model(),
      rows: dataset(),
      /** Columns of the rows to keep; all when left out. */
      keep: keepSchema.default(null),
      chunkRows: chunkRowsSchema,
    }),
  },
  ({ params }) => {
    const plan = planPredictions({ rows: params.rows, chunkRows: params.chunkRows });
    const parts = fanOut(
      plan.chunks,
      { name: 'chunks' },
      (chunk) => predictRows({ model: params.model, rows: params.rows, chunk, keep: params.keep }).part,
    );
    return joinPredictions({ parts, rows: plan.rows });
  },
);
