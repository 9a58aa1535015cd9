import { access, appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { definePipeline, defineStep } from 'millrace';
import { z } from 'zod';

/** Gives the same whoever asks. That it writes into a ledger, and waits while there is a file `hold`, is the test's. */
const measure = defineStep({
  name: 'measure',
  input: z.object({ folder: z.string(), what: z.string() }),
  output: z.object({ size: z.number() }),
  cache: { key: ['what'], ttl: '1d' },
}).implement(async ({ input, task }) => {
  await appendFile(join(input.folder, 'ledger'), `${task.path} attempt ${task.attempt}\n`);
  await delay(2_000);
  while (await isThere(join(input.folder, 'hold'))) await delay(20);
  return { size: input.what.length };
});

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** The same work at two places. */
export default definePipeline(
  { name: 'shared', params: z.object({ folder: z.string(), what: z.string() }) },
  ({ params: { folder, what } }) => {
    const { size } = measure({ folder, what });
    const again = measure({ folder, what }, { name: 'again' });
    return { size, again: again.size };
  },
);
