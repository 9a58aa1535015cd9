import { access, appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { definePipeline, defineStep, fanOut, statically } from 'millrace';
import { z } from 'zod';

/** Tells in the folder's `log` that it has begun, and waits there for a file `go` where it is to. */
const hold = defineStep({
  name: 'hold',
  input: z.object({ folder: z.string(), key: z.string() }),
  output: z.object({ key: z.string() }),
  effects: 'idempotent',
  cache: 'off',
}).implement(async ({ input, task }) => {
  await appendFile(join(input.folder, 'log'), `${input.key}\n`);
  const isThere = () =>
    access(join(input.folder, 'go')).then(
      () => true,
      () => false,
    );
  while (!task.signal.aborted && !(await isThere())) await delay(50);
  return { key: input.key };
});

const double = defineStep({
  name: 'double',
  input: z.object({ key: z.string(), item: z.number() }),
  output: z.object({ value: z.number() }),
  cost: 'light',
}).implement(({ input }) => ({ value: 2 * input.item }));

const items = Array.from({ length: 1_200 }, (_, index) => index);

/** Waits, and then has more to do than one history has room for. */
export default definePipeline(
  { name: 'versioned', params: z.object({ folder: z.string() }), partitions: statically(['a', 'b']) },
  ({ params, run }) => {
    const { key } = hold({ folder: params.folder, key: run.partition });
    fanOut(items, { name: 'doubles' }, (item) => double({ key, item }));
  },
);
