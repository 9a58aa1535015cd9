import { z } from 'zod';
import { type Dataset, dataset } from '../../dsl/artifact-types.ts';
import { defineBuiltinStep } from '../../dsl/builtin-step.ts';
import type { CallOptions } from '../../dsl/call-options.ts';
import type { Ref } from '../../dsl/ref.ts';
import type { TaskContext } from '../../dsl/task-context.ts';
import type { Operand, Wired } from '../../dsl/wired.ts';
import { writeTable } from '../write-table.ts';
import { sliceByTime, type TimeRange } from './split-table.ts';

const time = z.string().min(1);

/** The code behind `splitByTime`, which pipelines call. */
export const splitByTimeStep = defineBuiltinStep({
  name: 'splitByTime',
  description: 'Cuts a table by time into training, hold-out and, where asked for, score.',
  input: z.object({
    data: dataset(),
    /** Of type TIMESTAMP or DATE. */
    column: z.string().min(1),
    /** The first moment of the hold-out, in ISO 8601 and UTC; training is all before. */
    holdoutFrom: time,
    /** The first moment of what is to be scored; there is no such part when left out. */
    scoreFrom: time.nullable().default(null),
    /** The first moment that belongs to no part; the last part goes on to the end when left out. */
    until: time.nullable().default(null),
  }),
  output: z.object({ training: dataset(), holdout: dataset(), score: dataset().nullable() }),
}).implement(async ({ input, task }) => {
  const source = await task.read(input.data);
  const { column, holdoutFrom, scoreFrom, until } = input;
  const cut = (range: TimeRange) => writePart(task, source, column, range);
  const [training, holdout, score] = await Promise.all([
    cut({ from: null, to: holdoutFrom }),
    cut({ from: holdoutFrom, to: scoreFrom ?? until }),
    scoreFrom === null ? null : cut({ from: scoreFrom, to: until }),
  ]);
  return { training, holdout, score };
});

type SplitInput = Wired<Omit<z.input<typeof splitByTimeStep.inputSchema>, 'scoreFrom'>>;

/**
 * Cuts a table by a time: what a model learns from, what it is tested on, and, from `scoreFrom` on, what it is to score.
 * A model of the future is only honestly tested on rows later than all that it has seen. Each part must have rows.
 *
 * @example const { training, holdout } = splitByTime({ data, column: 'date', holdoutFrom: '2001-05-01' });
 */
export function splitByTime(
  input: SplitInput & { readonly scoreFrom: Operand<string> },
  options?: CallOptions,
): Ref<{ training: Dataset; holdout: Dataset; score: Dataset }>;
export function splitByTime(
  input: SplitInput & { readonly scoreFrom?: never },
  options?: CallOptions,
): Ref<{ training: Dataset; holdout: Dataset }>;
export function splitByTime(input: Parameters<typeof splitByTimeStep>[0], options?: CallOptions) {
  return splitByTimeStep(input, options);
}

async function writePart(task: TaskContext, source: string, column: string, range: TimeRange) {
  const { table } = await writeTable(task, 'dataset', (path) => sliceByTime(source, path, column, range));
  return table;
}
