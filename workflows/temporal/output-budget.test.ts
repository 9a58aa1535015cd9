import { expect, it } from 'vitest';
import { outputBudget } from './output-budget.ts';
import { LARGEST_RUN } from './payload-limits.ts';

it('the outputs of a run have 512 MiB together, and the task that goes beyond is named', () => {
  const budget = outputBudget(LARGEST_RUN);
  const output = { text: 'x'.repeat(200 << 20) };
  expect(budget('first', output)).toBe(output);
  budget('second', output);
  const message =
    /^With the output of 'third' \(200\.0 MiB\), those of the run are 600\.0 MiB of JSON together, and 512/;
  expect(() => budget('third', output)).toThrow(message);
  expect(() => outputBudget(LARGEST_RUN)('other run', output)).not.toThrow();
});
