import { definePipeline, defineStep } from 'millrace';
import { z } from 'zod';

const after = defineStep({
  name: 'after',
  input: z.object({ run: z.string() }),
  output: z.object({ after: z.string() }),
  effects: 'idempotent',
}).implement(({ input }) => ({ after: input.run }));

/** Is started with the run that ended before it. */
export default definePipeline({ name: 'chained', params: z.object({ run: z.string() }) }, ({ params }) =>
  after({ run: params.run }),
);
