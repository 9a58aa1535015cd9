import { access, appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { daily, definePipeline, defineStep, partitionRange } from 'millrace';
import { z } from 'zod';

/**
 * Tells in the folder's `log` when it begins and ends, and waits there for a file `go` where it is held. It fails while there
 * is a file `fail-` and the key of its partition.
 */
const fill = defineStep({
  name: 'fill',
  input: z.object({ folder: z.string(), held: z.boolean(), day: z.string() }),
  output: z.object({ read: z.string(), logicalTime: z.string(), end: z.string() }),
  effects: 'idempotent',
  isolation: 'thread',
  retry: { attempts: 1 },
  reads: ['partition', 'logicalTime'],
}).implement(async ({ input, task }) => {
  const isThere = (name: string) =>
    access(join(input.folder, name))
      .then(() => true)
      .catch(() => false);
  const tell = (what: string) => appendFile(join(input.folder, 'log'), `${what} ${input.day}\n`);
  await tell('begin');
  while (input.held && !task.signal.aborted && !(await isThere('go'))) await delay(50);
  if (await isThere(`fail-${input.day}`)) throw new Error(`${input.day} is not there yet`);
  await tell('end');
  const { partition, logicalTime } = task.run;
  return { read: `${partition}`, logicalTime: `${logicalTime}`, end: partitionRange(`${partition}`).end };
});

export default definePipeline(
  {
    name: 'partitioned',
    params: z.object({ folder: z.string(), held: z.boolean().default(false) }),
    partitions: daily({ start: '2001-01-01', end: '2001-06-30' }),
  },
  ({ params, run }) => fill({ folder: params.folder, held: params.held, day: run.partition }),
);
