import type { TaskDispatch, TaskOrigin } from '../../ir/protocol/task-dispatch.ts';
import type { CacheClaim, CacheTable } from '../../store/metadata/cache-table.ts';

/** A task about to be run, and the key that its result will have. */
export interface Missed {
  readonly dispatch: TaskDispatch;
  readonly key: string;
}

/** What a task may lie in a queue without a word. */
const MOST_WAITING_MS = 86_400_000;

/**
 * Lets one task make each result. A task of which nobody could say that its result will stand, for it has effects, makes its
 * own.
 *
 * @returns for each, the task that makes its result; null where that is itself.
 */
export async function claimResults(
  missed: readonly Missed[],
  cache: CacheTable,
  now: number,
): Promise<readonly (TaskOrigin | null)[]> {
  const claims = new Map<string, CacheClaim>();
  for (const each of missed) {
    if (isShared(each) && !claims.has(each.key)) claims.set(each.key, claimOf(each, now));
  }
  if (claims.size === 0) return missed.map(() => null);
  const holders = await cache.claim([...claims.values()], now);
  return missed.map((each) => {
    const holder = isShared(each) ? holders.get(each.key) : undefined;
    return holder && !isBy(holder, each.dispatch) ? holder : null;
  });
}

function isShared({ dispatch }: Missed): boolean {
  return dispatch.contract.effects === 'none';
}

/** As long as all its attempts may take. */
function claimOf({ dispatch, key }: Missed, now: number): CacheClaim {
  const { retry, timeoutMs } = dispatch.settings;
  const { runId, path } = dispatch.task;
  const leaseUntil = now + MOST_WAITING_MS + retry.attempts * (timeoutMs + retry.maxBackoffMs);
  return { key, by: { runId, path }, leaseUntil };
}

function isBy({ runId, path }: TaskOrigin, { task }: TaskDispatch): boolean {
  return runId === task.runId && path === task.path;
}
