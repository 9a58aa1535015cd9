import { access, appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { defineStep } from 'millrace';
import { z } from 'zod';

const Use = { input: z.object({ folder: z.string(), what: z.string() }), output: z.object({ what: z.string() }) };

/** Writes into a ledger when it begins and ends, and goes on for as long as there is a file `hold`. */
async function use({ folder, what }: { readonly folder: string; readonly what: string }, attempt: number) {
  await appendFile(join(folder, 'ledger'), `begin ${what} ${attempt}\n`);
  await delay(100);
  while (await isThere(join(folder, 'hold'))) await delay(20);
  await appendFile(join(folder, 'ledger'), `end ${what} ${attempt}\n`);
  return { what };
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

export const free = defineStep({ name: 'free', ...Use, cache: 'off' }).implement(({ input, task }) =>
  use(input, task.attempt),
);
/** Takes a slot. */
export const load = defineStep({ name: 'load', ...Use, cache: 'off', pools: 'warehouse' }).implement(
  ({ input, task }) => use(input, task.attempt),
);
