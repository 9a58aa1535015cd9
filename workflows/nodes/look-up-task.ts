import type { CacheLookup, TaskDispatch, TaskOrigin } from '../../ir/protocol/task-dispatch.ts';
import type { Execution } from '../execution.ts';

export interface LookedUp {
  readonly lookup: CacheLookup;
  /** To be called when the task has ended: others of its run may wait for its result. */
  readonly end: () => void;
}

/**
 * Looks a task up. While another one makes the same result, it waits and looks again: it then has that result or, where
 * there is none, the place of the one that was to make it.
 *
 * @param takeOverFrom the run whose output stands where all that decides it is what it was; null to look in the cache only
 * @param waits told of the task that is waited for, once for each
 */
export async function lookUpTask(
  dispatch: TaskDispatch,
  takeOverFrom: string | null,
  { port, flights }: Execution,
  waits: (lookup: CacheLookup) => void,
): Promise<LookedUp> {
  const since = port.now();
  let awaited: TaskOrigin | null = null;
  for (;;) {
    const lookup: CacheLookup = await port.lookUp(dispatch, { takeOverFrom, awaited });
    // Others that asked with this one have their answers in the same moment, and look for it.
    if (lookup.key === null || lookup.hit) return { lookup, end: () => {} };
    if (lookup.reason !== 'underWay') return { lookup, end: flights.begin(lookup.key) };
    if (!isSame(awaited, lookup.origin)) waits(lookup);
    awaited = lookup.origin;
    await port.until(flights.next(lookup.key, since));
  }
}

function isSame(one: TaskOrigin | null, other: TaskOrigin | null): boolean {
  return one?.runId === other?.runId && one?.path === other?.path;
}
