import { access, appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { definePipeline, defineStep, fanOut, type TaskContext } from 'millrace';
import { z } from 'zod';
import { joinGang } from './all-reduce.suite.ts';

const ROWS = 96;
const RATE = 0.5;
/** Of y = 3x − 1, without noise. */
const rows = Array.from({ length: ROWS }, (_, index) => {
  const x = index / ROWS;
  return { x, y: 3 * x - 1 };
});

/** Fits a line by gradient descent, the rows shared out over the replicas, the gradients added up by TCP. */
const fitLine = defineStep({
  name: 'fit',
  input: z.object({ folder: z.string(), what: z.string(), epochs: z.int().default(200) }),
  output: z.object({ slope: z.number(), offset: z.number(), size: z.int() }),
  cache: 'off',
  retry: { attempts: 1 },
}).implement(async ({ input, task }) => {
  const { rank, size } = task.gang ?? { rank: 0, size: 1 };
  await tell(input.folder, task, `begin ${input.what} ${rank} ${task.attempt} ${process.ppid}`);
  console.log(`rank ${rank} of ${size}`);
  const own = rows.filter((_, index) => index % size === rank);
  const gang = task.gang ? await joinGang(task.gang) : null;
  let [slope, offset] = [0, 0];
  for (let epoch = 0; epoch < input.epochs; epoch++) {
    const errors = own.map(({ x, y }) => ({ x, error: slope * x + offset - y }));
    const mine = [
      errors.reduce((sum, { x, error }) => sum + x * error, 0),
      errors.reduce((sum, { error }) => sum + error, 0),
    ];
    const [bySlope = 0, byOffset = 0] = gang ? await gang.sum(mine) : mine;
    slope -= (RATE * bySlope) / ROWS;
    offset -= (RATE * byOffset) / ROWS;
    if (epoch === 0) while (await isThere(join(input.folder, `hold-${task.attempt}`))) await beat(gang);
    task.metrics({ slope }, epoch);
  }
  gang?.close();
  await tell(input.folder, task, `end ${input.what} ${rank} ${task.attempt} ${process.ppid}`);
  return { slope, offset, size };
});

/** Goes on talking while it is held, so that the loss of a peer is noticed at once. */
async function beat(gang: Awaited<ReturnType<typeof joinGang>> | null): Promise<void> {
  await gang?.sum([0, 0]);
  await delay(50);
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function tell(folder: string, task: TaskContext, line: string): Promise<void> {
  task.log.info(line);
  return appendFile(join(folder, 'ledger'), `${line}\n`);
}

/** The same fit by one process, by so many replicas, and by as many gangs of two as are named, each replica with two cores. */
export default definePipeline(
  {
    name: 'replicated',
    params: z.object({ folder: z.string(), gangs: z.array(z.string()).default([]) }),
  },
  ({ params: { folder, gangs } }) => ({
    one: fitLine({ folder, what: 'one' }, { name: 'one' }),
    three: fitLine({ folder, what: 'three' }, { name: 'three', resources: { replicas: 3, cpu: 1 } }),
    pairs: fanOut(gangs, { name: 'pairs' }, (what) =>
      fitLine({ folder, what }, { resources: { replicas: 2, cpu: 2 } }),
    ),
  }),
);
