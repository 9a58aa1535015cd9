import { readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
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
    const doubled = await doubledBy(stage.twice);
    return doubled === 0 ? null : `${doubled} deliveries in ${forMs} ms`;
  },
};

/** Each has left a link to the mark, which none can once the mark is gone. */
async function doubledBy(mark: string): Promise<number> {
  const folder = dirname(mark);
  const links = (await readdir(folder)).filter((name) => name.startsWith(`${basename(mark)}-`));
  for (const link of links) await rm(join(folder, link));
  return links.length;
}
