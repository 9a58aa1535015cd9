import { definePipeline } from 'millrace';
import { z } from 'zod';
import { addUp } from '../pipeline/steps.suite.ts';

/** What a trigger starts when a run has ended, with that run's id. */
export default definePipeline(
  { name: 'echoed', params: z.object({ folder: z.string(), run: z.string() }) },
  ({ params }) => addUp({ folder: params.folder, values: [2] }),
);
