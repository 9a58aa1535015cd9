import { definePipeline, defineStep, onRunEnded } from 'millrace';
import { z } from 'zod';

const after = defineStep({
  name: 'after',
  input: z.object({ run: z.string() }),
  output: z.object({ after: z.string() }),
  effects: 'idempotent',
}).implement(({ input }) => ({ after: input.run }));

/** Is started with the run that ended before it, by its own trigger where that is applied. */
export default definePipeline(
  {
    name: 'chained',
    params: z.object({ run: z.string() }),
    triggers: [onRunEnded({ name: 'from-file', of: 'scheduled', params: ({ event }) => ({ run: event.run }) })],
  },
  ({ params }) => after({ run: params.run }),
);
