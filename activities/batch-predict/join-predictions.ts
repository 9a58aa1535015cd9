import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DataError } from '../../data/index.ts';
import { predictions } from '../../dsl/artifact-types.ts';
import { defineBuiltinStep } from '../../dsl/builtin-step.ts';
import { readTableMetadata } from '../dataset-metadata.ts';
import { writeTable } from '../write-table.ts';

/** Puts the chunks together, in row order, as one artifact of a file a chunk. */
export const joinPredictions = defineBuiltinStep({
  name: 'joinPredictions',
  description: 'Joins scored chunks to one artifact of predictions.',
  input: z.object({ parts: z.array(predictions()), rows: z.number() }),
  output: z.object({ predictions: predictions(), rows: z.number() }),
}).implement(async ({ input, task }) => {
  const { table, written } = await writeTable(task, 'predictions', async (folder) => {
    await mkdir(folder);
    for (const [index, part] of input.parts.entries()) {
      const name = `part-${String(index).padStart(5, '0')}.parquet`;
      await copyFile(await task.read(part), join(folder, name));
    }
    return readTableMetadata(folder);
  });
  if (written.rows !== input.rows) {
    throw new DataError('incomplete', `The chunks hold ${written.rows} rows, ${input.rows} were planned.`);
  }
  return { predictions: table, rows: written.rows };
});
