import { dataset, defineStep } from 'millrace';
import { withDuckDB, writeParquet } from 'millrace/data';
import { z } from 'zod';

export const features = ['x0', 'x1', 'x2', 'x3', 'x4', 'x5', 'x6', 'x7'];

/** From -1 to 1, the same at every run: a hash takes the place of chance. */
const uniform = (index: number) => `(hash(row * ${features.length} + ${index}) / 9223372036854775808 - 1)::FLOAT`;

/** Features without a pattern, and a label by a rule that no line through them tells. */
export const makeTable = defineStep({
  name: 'makeTable',
  input: z.object({ rows: z.int().positive() }),
  output: z.object({ table: dataset() }),
}).implement(async ({ input, task }) => {
  const columns = features.map((name, index) => `${uniform(index)} AS ${name}`).join(', ');
  const label = '(sin(3 * x0) + 2 * x1 * x2 + x3 * x3 > 0.3)::INTEGER AS label';
  const query = `SELECT *, ${label} FROM (SELECT ${columns} FROM range(${input.rows}) AS rows(row) ORDER BY row)`;
  const write = async (path: string) => {
    await withDuckDB((connection) => writeParquet(connection, query, path));
  };
  return { table: await task.write('dataset', write, { rows: input.rows }) };
});
