import { dataset, defineStep } from 'millrace';
import { scan, withDuckDB, writeParquet } from 'millrace/data';
import { z } from 'zod';

/** Every fourth row is kept from the training, to test the model on. */
export const split = defineStep({
  name: 'split',
  input: z.object({ rows: dataset() }),
  output: z.object({ training: dataset(), holdout: dataset() }),
}).implement(async ({ input, task }) => {
  const rows = scan([await task.read(input.rows)]);
  const part = (condition: string) =>
    task.write('dataset', async (path) => {
      const query = `SELECT * FROM ${rows} WHERE ${condition} ORDER BY id`;
      await withDuckDB((connection) => writeParquet(connection, query, path));
    });
  return { training: await part('id % 4 <> 0'), holdout: await part('id % 4 = 0') };
});
