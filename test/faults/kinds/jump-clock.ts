import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../fault.ts';

const OFFSETS_S = [-7_200, -600, -30, 0, 30, 600, 7_200] as const;

/** The wall clock of API and workers jumps. Temporal's stays, as one on another machine would. */
export const jumpClock: Fault = {
  kind: 'clock jump',
  isPossible: ({ clock }) => clock !== null,
  strike: async ({ stage, random }) => {
    if (stage.clock === null) return null;
    const before = Number(await readFile(stage.clock, 'utf8'));
    const offset = random.one(OFFSETS_S.filter((other) => other !== before));
    await writeFile(stage.clock, offset < 0 ? `${offset}` : `+${offset}`);
    // The library reads the file once a second.
    await delay(1_500);
    return `from ${before} to ${offset} s`;
  },
};
