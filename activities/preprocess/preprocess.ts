import { z } from 'zod';
import { dataset } from '../../dsl/artifact-types.ts';
import { defineBuiltinStep } from '../../dsl/builtin-step.ts';
import { writeTable } from '../write-table.ts';
import { cleanTable } from './clean-table.ts';

const sql = z.string().min(1);

/**
 * Cleans a table: leaves out rows that break a rule, and makes the columns that later steps want, in DuckDB's SQL.
 * Its SQL sees the table alone: files, the clock and chance are refused, for what it gives is kept for later runs.
 *
 * @example preprocess({ data: flights, reject: { 'no distance': 'distance <= 0' }, columns: { late: 'delay >= 15' } })
 */
export const preprocess = defineBuiltinStep({
  name: 'preprocess',
  description: 'Rejects rows that break a rule, counted by reason, and computes columns.',
  input: z.object({
    data: dataset(),
    /** By reason: the SQL condition of rows to leave out. A row counts for the first reason that holds. */
    reject: z.record(z.string().min(1), sql).default({}),
    /** By name: an SQL expression. All columns as they are when left out. */
    columns: z.record(z.string().min(1), sql).optional(),
    /** The name of a column to add: the row's number in the source, from 0. */
    rowId: z.string().min(1).optional(),
  }),
  output: z.object({
    data: dataset(),
    rowsIn: z.number(),
    rowsOut: z.number(),
    rejected: z.record(z.string(), z.number()),
  }),
}).implement(async ({ input, task }) => {
  const source = await task.read(input.data);
  const { table, written } = await writeTable(task, 'dataset', (path) => cleanTable(source, path, input, task.path));
  const { rows, rowsIn, rejected } = written;
  task.log.info(`${rows} of ${rowsIn} rows kept.`, { rejected });
  task.metrics({ rowsIn, rowsOut: rows });
  return { data: table, rowsIn, rowsOut: rows, rejected: { ...rejected } };
});
