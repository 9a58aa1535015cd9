import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { defineStep } from 'millrace';
import { replicaPath } from '../../../ir/protocol/gang.ts';
import { linesIn, pass, type Teller, tell } from './ledger.ts';
import { after, workStep } from './steps.suite.ts';

/** Is called with replicas, each of which goes on when all have begun, as those do that add up their gradients. */
export const gang = defineStep({ name: 'gang', ...workStep }).implement(async ({ input, task }) => {
  const { folder, pauseMs, value, salt } = input;
  if (task.gang === undefined) throw new Error('It is called with replicas.');
  const { rank, size } = task.gang;
  const peers = task.gang.peers.map(({ host, port }) => `${host}:${port}`);
  const replica = { path: replicaPath(task.path, rank), attempt: task.attempt, peers };
  await tell(folder, replica, 'began');
  await delay(pauseMs / 2);
  await pass(folder, replica, 'middle');
  if (rank === 0) await task.checkpoint({ half: true });
  const paths = Array.from({ length: size }, (_, other) => replicaPath(task.path, other));
  while (!(await haveBegun(folder, paths, replica))) {
    task.signal.throwIfAborted();
    await delay(50);
  }
  await delay(pauseMs / 2);
  const text = await task.write('file', (path) => writeFile(path, `${task.path}: ${value}\n`.repeat(500)));
  await pass(folder, replica, 'written');
  return { value: after(value, salt), text, attempt: task.attempt };
});

async function haveBegun(folder: string, paths: readonly string[], { attempt }: Teller): Promise<boolean> {
  const began = (await linesIn(folder)).filter((line) => line.event === 'began' && line.attempt === attempt);
  return paths.every((path) => began.some((line) => line.path === path));
}
