import { definePipeline, defineStep } from 'millrace';
import { z } from 'zod';

const noop = defineStep({
  name: 'noop',
  input: z.object({ value: z.number() }),
  output: z.object({ value: z.number() }),
}).implement(async ({ input }) => ({ value: input.value + 1 }));

/** Ten steps whose results are kept: a second run finds all of them. */
export default definePipeline({ name: 'bench-kept-chain' }, () => {
  let last = noop({ value: 0 }, { name: 'step0' });
  for (let index = 1; index < 10; index++) last = noop({ value: last.value }, { name: `step${index}` });
  return last.value;
});
