import { z } from 'zod';
import { dataset } from '../../dsl/artifact-types.ts';
import { defineBuiltinStep } from '../../dsl/builtin-step.ts';
import type { TaskContext } from '../../dsl/task-context.ts';
import { writeTable } from '../write-table.ts';
import { sliceByTime, type TimeRange } from './split-table.ts';

const time = z.string().min(1);

/**
 * Cuts a table in three by a time: what a model learns from, what it is tested on, and what it is to score. A model of
 * the future is only honestly tested on rows later than all that it has seen.
 *
 * @example splitByTime({ data, column: 'date', holdoutFrom: '2001-05-01', scoreFrom: '2001-06-01' })
 */
export const splitByTime = defineBuiltinStep({
  name: 'splitByTime',
  description: 'Cuts a table by time into training, hold-out and score.',
  input: z.object({
    data: dataset(),
    /** Of type TIMESTAMP or DATE. */
    column: z.string().min(1),
    /** The first moment of the hold-out, in ISO 8601 and UTC; training is all before. */
    holdoutFrom: time,
    /** The first moment of what is to be scored. */
    scoreFrom: time,
    /** The first moment that belongs to none; no such bound when left out. */
    until: time.nullable().default(null),
  }),
  output: z.object({ training: dataset(), holdout: dataset(), score: dataset() }),
}).implement(async ({ input, task }) => {
  const source = await task.read(input.data);
  const { column, holdoutFrom, scoreFrom, until } = input;
  const cut = (range: TimeRange) => writePart(task, source, column, range);
  const [training, holdout, score] = await Promise.all([
    cut({ from: null, to: holdoutFrom }),
    cut({ from: holdoutFrom, to: scoreFrom }),
    cut({ from: scoreFrom, to: until }),
  ]);
  return { training, holdout, score };
});

async function writePart(task: TaskContext, source: string, column: string, range: TimeRange) {
  const { table } = await writeTable(task, 'dataset', (path) => sliceByTime(source, path, column, range));
  return table;
}
