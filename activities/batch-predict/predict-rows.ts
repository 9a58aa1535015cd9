import { z } from 'zod';
import { dataset, model, predictions } from '../../dsl/artifact-types.ts';
import { defineBuiltinStep } from '../../dsl/builtin-step.ts';
import { writeTable } from '../write-table.ts';
import { chunkSchema, keepSchema } from './chunk-schema.ts';
import { predictChunk } from './predict-chunk.ts';

/** Scores one chunk; what it writes is the same bytes whichever worker does it. */
export const predictRows = defineBuiltinStep({
  name: 'predictRows',
  description: 'Scores one chunk of rows.',
  input: z.object({ model: model(), rows: dataset(), chunk: chunkSchema, keep: keepSchema }),
  output: z.object({ part: predictions() }),
}).implement(async ({ input, task }) => {
  const count = input.chunk.to - input.chunk.from;
  const start = performance.now();
  const rate = (rows: number) => Math.round(rows / Math.max(1e-3, (performance.now() - start) / 1000));
  const request = {
    model: await task.read(input.model),
    modelDigest: input.model.digest,
    rows: await task.read(input.rows),
    range: input.chunk,
    keep: input.keep,
    signal: task.signal,
    onProgress: (scored: number) =>
      task.progress(scored / count, `${scored} of ${count} rows, ${rate(scored)} a second`),
  };
  const { table } = await writeTable(task, 'predictions', (path) => predictChunk(request, path));
  task.log.info(`${count} rows scored, ${rate(count)} a second.`);
  return { part: table };
});
