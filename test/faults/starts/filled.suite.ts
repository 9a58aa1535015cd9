import { daily, definePipeline } from 'millrace';
import { z } from 'zod';
import { work } from '../pipeline/steps.suite.ts';

/** What a backfill starts for its days. */
export default definePipeline(
  { name: 'filled', params: z.object({ folder: z.string() }), partitions: daily({ start: '2001-01-01' }) },
  ({ params, run }) => ({ day: run.partition, filled: work({ folder: params.folder, pauseMs: 500, value: 1 }) }),
);
