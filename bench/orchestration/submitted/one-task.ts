import { definePipeline, defineStep } from 'millrace';
import { z } from 'zod';

const noop = defineStep({
  name: 'noop',
  input: z.object({ value: z.number() }),
  output: z.object({ value: z.number() }),
}).implement(async ({ input }) => ({ value: input.value + 1 }));

/** A step as it comes. The round is new each time, so that it is never found in the cache. */
export default definePipeline(
  { name: 'bench-one-task', params: z.object({ round: z.number() }) },
  ({ params }) => noop({ value: params.round }).value,
);
