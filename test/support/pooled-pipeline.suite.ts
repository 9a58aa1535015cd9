import { definePipeline, fanOut } from 'millrace';
import { z } from 'zod';
import { free, load } from './pooled-steps.suite.ts';

const names = z.array(z.string()).default([]);

/** So many tasks that take a slot of `warehouse`, and so many that take none. */
export default definePipeline(
  { name: 'pooled', params: z.object({ folder: z.string(), loads: names, frees: names }) },
  ({ params: { folder, loads, frees } }) => {
    fanOut(loads, { name: 'loads' }, (what) => load({ folder, what }));
    fanOut(frees, { name: 'frees' }, (what) => free({ folder, what }));
  },
);
