import { readFile } from 'node:fs/promises';
import { defineStep, file, predictions } from 'millrace';
import { readColumns } from 'millrace/data';
import { z } from 'zod';
import { features } from './make-table.ts';

/** Millrace's stored probabilities beside PyTorch's, and the first row, to ask the endpoint for. */
export const compare = defineStep({
  name: 'compare',
  input: z.object({ predictions: predictions(), expected: file() }),
  output: z.object({
    rows: z.int(),
    largestDifference: z.number(),
    first: z.object({ row: z.record(z.string(), z.number()), probability: z.number() }),
  }),
}).implement(async ({ input, task }) => {
  const kinds = Object.fromEntries([...features, 'probability'].map((name) => [name, 'number' as const]));
  const { rows, columns } = await readColumns(await task.read(input.predictions), kinds);
  const bytes = await readFile(await task.read(input.expected));
  if (bytes.length !== rows * 4) throw new RangeError(`${rows} rows were scored, PyTorch gave ${bytes.length} bytes.`);
  const expected = Array.from({ length: rows }, (_, row) => bytes.readFloatLE(row * 4));
  const scored = columns.probability?.values ?? [];
  const differences = expected.map((value, row) => Math.abs(value - (scored[row] ?? Number.NaN)));
  const row = Object.fromEntries(features.map((name) => [name, columns[name]?.values[0] ?? Number.NaN]));
  return {
    rows,
    largestDifference: differences.reduce((largest, next) => Math.max(largest, next)),
    first: { row, probability: expected[0] ?? Number.NaN },
  };
});
