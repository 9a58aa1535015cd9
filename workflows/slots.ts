import { graphFailure } from '../ir/graph-failure.ts';
import { NO_LIMIT, queuePool, type SlotDemand } from '../ir/protocol/slots.ts';
import type { TaskDispatch } from '../ir/protocol/task-dispatch.ts';
import type { TaskSettings } from '../ir/step-contract.ts';
import type { Execution } from './execution.ts';
import type { ExecutionPort } from './execution-port.ts';
import { pauseBeforeAsking } from './pause-before-asking.ts';

/** The lines of one run, by what their tasks want: resolved when the last of each has got it, or has given up. */
export type Lines = Map<string, Promise<void>>;

type SlotsContext = Pick<Execution, 'port' | 'lines' | 'limitedQueues'>;

/** What a task takes slots of: what it says itself, and of its queue's pool where there is one. */
export function demandsOf(
  { contract, settings }: TaskDispatch,
  limitedQueues: readonly string[],
): readonly SlotDemand[] {
  if (contract.cost === 'light') return [];
  const own = Object.entries(settings.pools ?? {}).map(([pool, slots]) => ({ pool, slots, ownSize: null }));
  const { queue } = settings.resources;
  // Its pool may be deleted while the run goes on: then nothing limits it any more.
  const ofQueue = { pool: queuePool(queue), slots: 1, ownSize: NO_LIMIT };
  return limitedQueues.includes(queue) ? [...own, ofQueue] : own;
}

export function needsSlots(dispatch: TaskDispatch, limitedQueues: readonly string[]): boolean {
  return demandsOf(dispatch, limitedQueues).length > 0;
}

/** Time in queues, of all its attempts together. */
const MOST_QUEUED_MS = 30 * 86_400_000;

/** From when on a task's slots count no more, even where nobody has heard of its end. Its end in the store comes first. */
export function mostUnderWayMs({ retry, timeoutMs }: TaskSettings): number {
  return MOST_QUEUED_MS + retry.attempts * (timeoutMs + retry.maxBackoffMs);
}

/**
 * Runs what needs slots once they are had, and gives them back however it ends.
 *
 * Of the tasks of a run that want the same, one stands in the pools' lines at a time: a run with a thousand of them then has
 * no more places in line than a run with one, and asks no more often.
 *
 * @param waits called once, when the slots are not to be had at once; a pause is no part of that
 */
export async function withSlots<T>(
  dispatch: TaskDispatch,
  { port, lines, limitedQueues }: SlotsContext,
  waits: () => void,
  body: () => Promise<T>,
): Promise<T> {
  const demands = demandsOf(dispatch, limitedQueues);
  if (demands.length === 0) return body();
  const told = once(waits);
  let hasAsked = false;
  try {
    await inLine(lines, lineOf(demands), port, told, () => {
      hasAsked = true;
      return takeTurn(dispatch, demands, port, told);
    });
    return await body();
  } finally {
    if (hasAsked) await giveBack(dispatch, port);
  }
}

async function giveBack({ task }: TaskDispatch, port: ExecutionPort): Promise<void> {
  await port.wake(await port.giveBackSlots(task));
}

function once(tell: () => void): () => void {
  let isTold = false;
  return () => {
    if (!isTold) tell();
    isTold = true;
  };
}

/** First come, first served: each waits for the one before it to have got its slots, or to have given up. */
async function inLine(
  lines: Lines,
  line: string,
  port: ExecutionPort,
  waits: () => void,
  take: () => Promise<void>,
): Promise<void> {
  const before = lines.get(line);
  let leave = () => {};
  const place = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const last = Promise.all([before, place]).then(() => undefined);
  lines.set(line, last);
  try {
    if (before) {
      waits();
      await port.until(before);
    }
    await take();
  } finally {
    leave();
    if (lines.get(line) === last) lines.delete(line);
  }
}

function lineOf(demands: readonly SlotDemand[]): string {
  return demands
    .map(({ pool, slots }) => `${pool} ${slots}`)
    .sort()
    .join(' ');
}

async function takeTurn(
  dispatch: TaskDispatch,
  demands: readonly SlotDemand[],
  port: ExecutionPort,
  waits: () => void,
): Promise<void> {
  const since = port.now();
  for (;;) {
    // Neither a place at the head of a line nor slots are for a run that does not go on.
    if (port.isPaused()) await giveBack(dispatch, port);
    await port.mayStart();
    const answer = await port.takeSlots(dispatch, demands);
    if (answer.kind === 'noPool') throw noPool(dispatch, answer.pool);
    if (port.isPaused()) continue;
    if (answer.kind === 'granted') return;
    waits();
    await port.turn(dispatch.task.path, pauseBeforeAsking(port.now() - since));
  }
}

function noPool({ task }: TaskDispatch, pool: string): Error {
  return graphFailure(
    `'${task.path}' takes a slot of pool '${pool}', which there is not. Say how many it has with ` +
      `\`millrace pools set ${pool} SLOTS\`, then go on with \`millrace runs retry ${task.runId}\`.`,
  );
}
