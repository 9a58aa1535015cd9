import { appendFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { definePipeline, defineStep } from 'millrace';
import { z } from 'zod';

/** Writes a line into the ledger whenever it starts, and takes half a second. */
const halfASecond = defineStep({
  name: 'half-a-second',
  input: z.object({ step: z.int(), ledger: z.string() }),
  output: z.object({ next: z.int() }),
  cache: 'off',
}).implement(async ({ input: { step, ledger } }) => {
  await appendFile(ledger, `${step}\n`);
  await delay(500);
  return { next: step + 1 };
});

export default definePipeline(
  { name: 'bench-slow-chain', params: z.object({ ledger: z.string() }) },
  ({ params: { ledger } }) => {
    let last = halfASecond({ step: 0, ledger }, { name: 'step0' });
    for (let index = 1; index < 10; index++) {
      last = halfASecond({ step: last.next, ledger }, { name: `step${index}` });
    }
    return last.next;
  },
);
