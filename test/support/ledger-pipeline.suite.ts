import { access, appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { definePipeline, defineStep, fanOut, file, type TaskContext } from 'millrace';
import { z } from 'zod';

const PARTS = 6;
/** Where an attempt can be held. */
const HALF = 3;

/**
 * Works through its parts, each written into a ledger and then kept by a checkpoint. Half-way it waits for as long as
 * the folder has a file `hold-N`, N being its attempt.
 */
export const slow = defineStep({
  name: 'slow',
  input: z.object({ folder: z.string(), item: z.string(), title: z.string() }),
  output: z.object({ parts: file() }),
  effects: 'idempotent',
}).implement(async ({ input, task }) => {
  const { lastCheckpoint } = task;
  const done = typeof lastCheckpoint === 'number' ? lastCheckpoint : 0;
  await tell(input.folder, task, 'began');
  for (let part = done + 1; part <= PARTS; part++) {
    if (part === HALF + 1) await hold(input.folder, task);
    await tell(input.folder, task, 'part', part);
    await task.checkpoint(part).catch(async (error: unknown) => {
      await tell(input.folder, task, 'refused');
      throw error;
    });
  }
  const text = `${input.title}: ${PARTS} parts of ${input.item}\n`;
  return { parts: await task.write('file', (path) => writeFile(path, text)) };
});

const open = defineStep({
  name: 'open',
  input: z.object({ folder: z.string() }),
  output: z.object({ title: z.string() }),
  effects: 'idempotent',
}).implement(async ({ input, task }) => {
  await tell(input.folder, task, 'began');
  return { title: 'Ledger' };
});

/** Fails for as long as the folder has a file `broken`. */
const joinParts = defineStep({
  name: 'joinParts',
  input: z.object({ folder: z.string(), items: z.array(z.object({ parts: file() })) }),
  output: z.object({ all: file() }),
  effects: 'idempotent',
  retry: { attempts: 1 },
}).implement(async ({ input, task }) => {
  await tell(input.folder, task, 'began');
  if (await isThere(join(input.folder, 'broken'))) throw new Error('It is broken.');
  const texts: string[] = [];
  for (const { parts } of input.items) texts.push(await readFile(await task.read(parts), 'utf8'));
  return { all: await task.write('file', (path) => writeFile(path, texts.join(''))) };
});

async function hold(folder: string, task: TaskContext): Promise<void> {
  const file = join(folder, `hold-${task.attempt}`);
  if (!(await isThere(file))) return;
  await tell(folder, task, 'held');
  while (await isThere(file)) {
    if (task.signal.aborted) {
      await tell(folder, task, 'aborted');
      throw task.signal.reason;
    }
    await delay(20);
  }
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function tell(folder: string, { path, attempt }: TaskContext, event: string, part: number | null = null) {
  return appendFile(join(folder, 'ledger'), `${JSON.stringify({ path, attempt, pid: process.pid, event, part })}\n`);
}

/** Three slow tasks between two quick ones. What each does, and how often, is in the folder's ledger. */
export default definePipeline(
  { name: 'ledger', params: z.object({ folder: z.string() }) },
  ({ params: { folder } }) => {
    const { title } = open({ folder });
    const items = fanOut(['a', 'b', 'c'], { name: 'items' }, (item) => slow({ folder, item, title }));
    return joinParts({ folder, items });
  },
);
