import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { defineStep, file, predictions, type TaskContext } from 'millrace';
import { withDuckDB, writeParquet } from 'millrace/data';
import { z } from 'zod';
import { linesIn, pass, tell } from './ledger.ts';

/** Faults take attempts where they are no lost worker (a full disk, a bucket that is away); none takes ten in a row. */
export const Patient = { retry: { attempts: 10, backoff: '500ms', maxBackoff: '4s' } } as const;
export const Given = { folder: z.string(), pauseMs: z.number(), value: z.number() };
/** `attempt` says whose output was taken. */
export const Made = z.object({ value: z.number(), text: file(), attempt: z.number() });

/** What any step makes of a number. */
export const after = (value: number, salt = 7) => (value * 31 + salt) % 1_000;

/** Half of the pause, a checkpoint, the other half, an output: each phase can be told from outside. */
export const workStep = {
  input: z.object({ ...Given, salt: z.number().default(7) }),
  output: Made,
  effects: 'idempotent',
  ...Patient,
} as const;

export const work = defineStep({ name: 'work', ...workStep }).implement(({ input, task }) => labour(input, task));
/** Takes a slot. */
export const pooled = defineStep({ name: 'pooled', ...workStep, pools: 'warehouse' }).implement(({ input, task }) =>
  labour(input, task),
);

async function labour(input: { folder: string; pauseMs: number; value: number; salt: number }, task: TaskContext) {
  const { folder, pauseMs, value, salt } = input;
  await tell(folder, task, 'began');
  await delay(pauseMs / 2);
  await pass(folder, task, 'middle');
  await task.checkpoint({ half: true });
  await delay(pauseMs / 2);
  const text = await task.write('file', (path) => writeFile(path, `${task.path}: ${value}\n`.repeat(500)));
  await pass(folder, task, 'written');
  return { value: after(value, salt), text, attempt: task.attempt };
}

/** Fails so many times by itself. */
export const flaky = defineStep({
  name: 'flaky',
  input: z.object({ ...Given, failures: z.number() }),
  output: z.object({ value: z.number() }),
  effects: 'idempotent',
  ...Patient,
}).implement(async ({ input: { folder, value, failures }, task }) => {
  await tell(folder, task, 'began');
  const failed = (await linesIn(folder)).filter(({ event, path }) => event === 'failed' && path === task.path).length;
  if (failed >= failures) return { value: after(value) };
  await tell(folder, task, 'failed');
  throw new Error(`This is failure ${failed + 1} of ${failures}.`);
});

/** Fails for good. */
export const doomed = defineStep({
  name: 'doomed',
  input: z.object(Given),
  output: z.object({ value: z.number() }),
  effects: 'idempotent',
  retry: { ...Patient.retry, nonRetryable: ['Doomed'] },
}).implement(async ({ input: { folder, value }, task }) => {
  await tell(folder, task, 'began');
  throw Object.assign(new Error(`Nothing comes of ${value}.`), { name: 'Doomed' });
});

/** Of two with one input one runs: their results are cached. */
export const measure = defineStep({
  name: 'measure',
  input: z.object(Given),
  output: Made.omit({ attempt: true }),
  ...Patient,
}).implement(async ({ input: { folder, pauseMs, value }, task }) => {
  await tell(folder, task, 'began');
  await delay(pauseMs);
  return { value: after(value), text: await task.write('file', (path) => writeFile(path, `measured ${value}\n`)) };
});

export const predict = defineStep({
  name: 'predict',
  input: z.object({ ...Given, rows: z.number() }),
  output: z.object({ predictions: predictions() }),
  effects: 'idempotent',
  ...Patient,
}).implement(async ({ input: { folder, value, rows }, task }) => {
  await tell(folder, task, 'began');
  const query = `SELECT range AS id, ${value}::DOUBLE AS probability FROM range(${rows})`;
  const write = (path: string) => withDuckDB((connection) => writeParquet(connection, query, path));
  return { predictions: await task.write('predictions', async (path) => void (await write(path))) };
});

export const addUp = defineStep({
  name: 'addUp',
  input: z.object({ folder: z.string(), values: z.array(z.number().nullable()) }),
  output: z.object({ value: z.number() }),
  cost: 'light',
}).implement(async ({ input: { folder, values }, task }) => {
  await tell(folder, task, 'began');
  return { value: after(values.reduce((sum: number, value) => sum + (value ?? 7), 0)) };
});

/** A command tells the ledger what a handler does. */
export const command = defineStep({
  name: 'command',
  input: z.object(Given),
  output: z.object({ value: z.number(), text: file() }),
  effects: 'idempotent',
  process: { command: ['node', 'command.mjs'], files: ['command.mjs'], environment: [] },
  ...Patient,
});
