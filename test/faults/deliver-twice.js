import { randomUUID } from 'node:crypto';
import { linkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/*
 * Loaded into worker processes by NODE_OPTIONS. While the file that FAULTS_TWICE names is there, every activity, local or
 * not, is carried out twice, half of the time side by side, and Temporal is given what the second made: the first is a
 * delivery whose answer got lost. Each leaves a link to the file, by which they are counted.
 */
const { FAULTS_TWICE: mark = '' } = process.env;

if (mark !== '' && process.argv[1]?.endsWith('workers/main.js')) {
  const { Worker } = await import('@temporalio/worker');
  const create = Worker.create;
  Worker.create = (options) => {
    const interceptors = { ...options.interceptors, activity: [() => ({ inbound: { execute } })] };
    return create.call(Worker, { ...options, interceptors });
  };
}

/** @type {(input: unknown, next: (input: unknown) => Promise<unknown>) => Promise<unknown>} */
async function execute(input, next) {
  if (!isDoubled()) return next(input);
  const first = next(input).catch(() => undefined);
  await (Math.random() < 0.5 ? first : Promise.race([first, delay(100)]));
  const second = next(input);
  await Promise.allSettled([first, second]);
  return second;
}

function isDoubled() {
  try {
    linkSync(mark, `${mark}-${randomUUID()}`);
    return true;
  } catch {
    return false;
  }
}
