import { z } from 'zod';
import { DataError, rowsOf } from '../../data/index.ts';
import { dataset } from '../../dsl/artifact-types.ts';
import { defineBuiltinStep } from '../../dsl/builtin-step.ts';
import { chunkRowsSchema, chunkSchema } from './chunk-schema.ts';
import { planChunks } from './plan-chunks.ts';

/** Cuts the rows into chunks that workers score side by side. */
export const planPredictions = defineBuiltinStep({
  name: 'planPredictions',
  description: 'Cuts a table into chunks of rows.',
  input: z.object({ rows: dataset(), chunkRows: chunkRowsSchema }),
  output: z.object({ rows: z.number(), chunks: z.array(chunkSchema) }),
}).implement(async ({ input, task }) => {
  const rows = await rowsOf(await task.read(input.rows));
  if (rows === 0) throw new DataError('empty', 'There are no rows to predict: check the step that made the dataset.');
  return { rows, chunks: [...planChunks(rows, input.chunkRows)] };
});
