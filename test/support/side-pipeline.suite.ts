import { definePipeline } from 'millrace';
import { z } from 'zod';
import { slow } from './ledger-pipeline.suite.ts';

/** One slow task on a queue that no worker of `millrace up` serves. */
export default definePipeline(
  { name: 'side', queues: ['side'], params: z.object({ folder: z.string() }) },
  ({ params: { folder } }) => slow({ folder, item: 'a', title: 'Side' }, { queue: 'side' }),
);
