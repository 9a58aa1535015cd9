import { setTimeout as delay } from 'node:timers/promises';
import { defineStep } from 'millrace';
import { z } from 'zod';
import { bookingKey, bookOnce } from './booking.ts';
import { pass, tell } from './ledger.ts';
import { after, Given, Patient } from './steps.suite.ts';

/** Books in somebody else's system, which takes what it has already for done. */
export const book = defineStep({
  name: 'book',
  input: z.object(Given),
  output: z.object({ value: z.number() }),
  effects: 'idempotent',
  reads: ['runId'],
  ...Patient,
}).implement(async ({ input: { folder, pauseMs, value }, task }) => {
  await tell(folder, task, 'began');
  await delay(pauseMs / 2);
  await pass(folder, task, 'middle');
  await bookOnce(folder, bookingKey(task.run.runId, task.path));
  await pass(folder, task, 'written');
  return { value: after(value) };
});

/** What is sent is sent, and counts each time: it has one attempt. */
export const mail = defineStep({
  name: 'mail',
  input: z.object(Given),
  output: z.object({ sent: z.boolean() }),
  effects: 'external',
}).implement(async ({ input: { folder, pauseMs }, task }) => {
  await tell(folder, task, 'began');
  await delay(pauseMs / 2);
  await pass(folder, task, 'middle');
  await tell(folder, task, 'effect');
  await pass(folder, task, 'written');
  return { sent: true };
});
