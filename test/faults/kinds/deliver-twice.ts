import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../fault.ts';

/** Every activity that begins in some seconds is delivered twice: tasks, look-ups, light tasks, the record. */
export const deliverTwice: Fault = {
  kind: 'every delivery twice',
  isPossible: () => true,
  strike: async ({ stage, random }) => {
    const forMs = random.between(2_000, 5_000);
    await writeFile(stage.twice, '');
    await delay(forMs);
    await rm(stage.twice);
    return `for ${forMs} ms`;
  },
};
