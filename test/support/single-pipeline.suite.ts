import { definePipeline } from 'millrace';
import { z } from 'zod';
import { free } from './pooled-steps.suite.ts';

/** One run at a time. */
export default definePipeline(
  { name: 'single', params: z.object({ folder: z.string(), what: z.string() }), maxRuns: 1 },
  ({ params: { folder, what } }) => free({ folder, what }),
);
