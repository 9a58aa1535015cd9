import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { definePipeline, defineStep } from 'millrace';
import { z } from 'zod';

/** Goes on without end, and does not hear that it is to stop. */
const deaf = defineStep({
  name: 'deaf',
  input: z.object({ folder: z.string() }),
  output: z.object({}),
  effects: 'idempotent',
}).implement(async ({ input }) => {
  await appendFile(join(input.folder, 'pids'), `${process.pid}\n`);
  for (;;) await delay(60_000);
});

/** One task that only the end of its process ends. */
export default definePipeline({ name: 'deaf', params: z.object({ folder: z.string() }) }, ({ params: { folder } }) =>
  deaf({ folder }),
);
