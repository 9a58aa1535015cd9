import { expect, it } from 'vitest';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import { outputBudget } from './output-budget.ts';

const taskAt = (path: string) => ({ task: { path } }) as TaskDispatch;

it('the outputs of a run have 512 MiB together, and the task that goes beyond is named', () => {
  const budget = outputBudget();
  const output = { text: 'x'.repeat(200 << 20) };
  expect(budget(taskAt('first'), output)).toBe(output);
  budget(taskAt('second'), output);
  const message =
    /^With the output of 'third' \(200\.0 MiB\), those of the run are 600\.0 MiB of JSON together, and 512/;
  expect(() => budget(taskAt('third'), output)).toThrow(message);
  expect(() => outputBudget()(taskAt('other run'), output)).not.toThrow();
});
