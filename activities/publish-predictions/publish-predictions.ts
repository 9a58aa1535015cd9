import { z } from 'zod';
import { predictions } from '../../dsl/artifact-types.ts';
import { defineBuiltinStep } from '../../dsl/builtin-step.ts';
import { publishTable } from './publish-table.ts';

/**
 * Puts predictions where analysts can ask for them by SQL: a table of a DuckDB file, a partition at a time. Publishing
 * the same again changes nothing; publishing other predictions replaces the partition whole, in one transaction.
 *
 * @example publishPredictions({ predictions, database: 'predictions.duckdb', table: 'flight_delays', partition: '2001-06' })
 */
export const publishPredictions = defineBuiltinStep({
  name: 'publishPredictions',
  description: 'Replaces a partition of a table in a DuckDB file.',
  input: z.object({
    predictions: predictions(),
    /** The path of a DuckDB file on the worker; made when it is not there. It has one writer at a time. */
    database: z.string().min(1),
    table: z.string().min(1),
    partition: z.string().min(1),
  }),
  output: z.object({ table: z.string(), partition: z.string(), rows: z.number(), changed: z.boolean() }),
  effects: 'idempotent',
  reads: ['runId'],
  retry: { attempts: 5, backoff: '2s' },
}).implement(async ({ input, task }) => {
  const { database, table, partition } = input;
  const { rows, changed, replacedBy } = await publishTable({
    predictions: await task.read(input.predictions),
    digest: input.predictions.digest,
    database,
    table,
    partition,
    runId: task.run.runId ?? '',
    taskPath: task.path,
    attempt: task.attempt,
    // The store takes none of an attempt that has lost its place.
    ask: () => task.checkpoint({ publishing: input.predictions.digest }),
  });
  if (replacedBy !== null) task.log.warn(`These ${rows} rows were published before; those of run ${replacedBy} stay.`);
  else task.log.info(changed ? `${rows} rows published.` : `The same ${rows} rows were there already.`);
  return { table, partition, rows, changed };
});
