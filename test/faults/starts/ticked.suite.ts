import { definePipeline } from 'millrace';
import { z } from 'zod';
import { addUp } from '../pipeline/steps.suite.ts';

/** What a schedule starts. */
export default definePipeline({ name: 'ticked', params: z.object({ folder: z.string() }) }, ({ params, run }) => {
  addUp({ folder: params.folder, values: [1] });
  return { for: run.logicalTime };
});
