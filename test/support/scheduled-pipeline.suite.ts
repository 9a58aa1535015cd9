import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { definePipeline, defineStep } from 'millrace';
import { z } from 'zod';

/** Tells for which time it runs; where `held`, not before there is a file `go` in the folder. */
const tell = defineStep({
  name: 'tell',
  input: z.object({ folder: z.string(), held: z.boolean() }),
  output: z.object({ read: z.string() }),
  effects: 'idempotent',
  reads: ['logicalTime'],
}).implement(async ({ input, task }) => {
  const isThere = () =>
    access(join(input.folder, 'go'))
      .then(() => true)
      .catch(() => false);
  while (input.held && !task.signal.aborted && !(await isThere())) await delay(50);
  return { read: `${task.run.logicalTime}` };
});

export default definePipeline(
  {
    name: 'scheduled',
    params: z.object({ folder: z.string(), held: z.boolean().default(false) }),
    schedule: { name: 'from-file', calendar: { year: '2100' }, params: { held: true }, note: 'as the file says' },
  },
  ({ params, run }) => ({ bound: run.logicalTime, told: tell({ folder: params.folder, held: params.held }) }),
);
