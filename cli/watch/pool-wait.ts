import { isJsonObject } from '../../ir/json.ts';
import { pipelinePool, QUEUE_PREFIX, WAITS_FOR } from '../../ir/protocol/slots.ts';
import type { PoolPlace, PoolState, RunDetail, Task } from '../../server/client.ts';

/** Most holders that are named; a pool may have hundreds. */
const MOST_NAMED = 2;

/** `waits for pool warehouse: 2 of 2 taken, by run a load, run b load`; null for a task that waits for no slots. */
export function poolWaitText(task: Task, pools: readonly PoolState[]): string | null {
  const wanted = task.detail[WAITS_FOR];
  if (!isJsonObject(wanted)) return null;
  const texts = Object.entries(wanted).map(([name, slots]) => {
    const state = pools.find((pool) => pool.name === name);
    const what = name.startsWith(QUEUE_PREFIX) ? `queue ${name.slice(QUEUE_PREFIX.length)}` : `pool ${name}`;
    const many = slots === 1 ? what : `${slots} slots of ${what}`;
    return state ? `${many}: ${takenText(state)}` : many;
  });
  return `waits for ${texts.join('; ')}`;
}

function takenText({ slots, holds }: PoolState): string {
  const taken = holds.reduce((sum, hold) => sum + hold.slots, 0);
  const by = holds.length === 0 ? '' : `, by ${named(holds, ({ runId, path }) => `run ${runId} ${path}`)}`;
  return `${taken} of ${slots} taken${by}`;
}

/** What a run waits for that has not begun: others of its pipeline. Null for one that does not. */
export function runWaitText({ run, pools }: RunDetail): string | null {
  const pool = pools.find(({ name }) => name === pipelinePool(run.pipeline));
  if (!pool || run.status !== 'pending') return null;
  const ahead = pool.waits.findIndex(({ runId }) => runId === run.id);
  const line = ahead > 0 ? `, and ${ahead} before it in line` : '';
  const limit = `at most ${pool.slots} at once`;
  if (pool.holds.length === 0) return `waits for its turn: ${limit} of this pipeline${line}`;
  return `waits for ${named(pool.holds, ({ runId }) => `run ${runId}`)} of this pipeline (${limit}${line})`;
}

function named(places: readonly PoolPlace[], name: (place: PoolPlace) => string): string {
  const more = places.length > MOST_NAMED ? [`${places.length - MOST_NAMED} more`] : [];
  return [...places.slice(0, MOST_NAMED).map(name), ...more].join(', ');
}
