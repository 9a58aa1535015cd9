import type { ItemFailures, PartPlace, PartRunner, RunningItems } from '../part.ts';
import type { Settled } from '../settled.ts';
import type { ItemRange } from './run-items.ts';

/** Shards under way at once: one history alone takes only so many tasks a second. */
const LANES = 4;
/** Tasks of a shard. Less makes more of what each costs by itself, more makes the last ones of a fan-out lonelier. */
const TASKS_IN_A_SHARD = 1_000;
/** The whole's own history has some ten events for each. */
const MOST_SHARDS = 400;

export interface ShardsWatch {
  /** Hears of each shard's end, and how many items have ended so far. */
  ended(counts: { readonly succeeded: number; readonly failed: number }): void;
}

/**
 * Runs consecutive items together, each such shard in a history of its own and some of them at once. The width is shared
 * out among them; a shard that has seen too many items fail, or with the others too many, stops all.
 *
 * @param tasks that one item runs.
 * @returns how the items ended, in order, with holes for those that were not begun.
 */
export async function runShards(
  range: ItemRange,
  tasks: number,
  place: PartPlace,
  runner: PartRunner,
  watch: ShardsWatch,
): Promise<readonly (Settled | undefined)[]> {
  const outcomes: Settled[] = [];
  const shards = cut(range, tasks);
  const widths = shareOf(range.width, Math.min(LANES, shards.length));
  const failures = new Map<ItemRange, number>();
  const underWay = new Set<RunningItems>();
  let because: string | null = null;
  const heard = (shard: ItemRange, news: ItemFailures) => {
    failures.set(shard, news.count);
    if (because !== null || sum(failures.values()) <= range.tolerated) return;
    because = news.because;
    for (const running of underWay) running.stop(because);
  };
  const takeTurns = async (width: number) => {
    for (let shard = shards.shift(); shard && because === null; shard = shards.shift()) {
      const own = shard;
      const running = runner.startItems({ kind: 'items', place, range: { ...own, width } }, (news) => heard(own, news));
      underWay.add(running);
      const ended = await running.outcomes;
      underWay.delete(running);
      for (const [at, outcome] of ended.entries()) outcomes[own.first - range.first + at] = outcome;
      const failed = ended.filter(({ status }) => status === 'failed');
      const last = failed.at(-1);
      if (last?.status === 'failed') heard(own, { count: failed.length, because: `'${last.path}' failed` });
      if (ended.some(({ status }) => status === 'cancelled')) because ??= 'the run was stopped';
      watch.ended(countsOf(outcomes));
    }
  };
  await Promise.all(widths.map(takeTurns));
  return outcomes;
}

function cut(range: ItemRange, tasks: number): ItemRange[] {
  const { items, first } = range;
  const size = Math.max(Math.ceil(TASKS_IN_A_SHARD / tasks), Math.ceil(items.length / MOST_SHARDS));
  return Array.from({ length: Math.ceil(items.length / size) }, (_, shard) => ({
    ...range,
    items: items.slice(shard * size, (shard + 1) * size),
    first: first + shard * size,
  }));
}

/** Shares as equal as can be, of at least 1. */
function shareOf(width: number, lanes: number): readonly number[] {
  const sharers = Math.min(width, lanes);
  return Array.from({ length: sharers }, (_, lane) => Math.floor(width / sharers) + (lane < width % sharers ? 1 : 0));
}

function countsOf(outcomes: readonly Settled[]) {
  let succeeded = 0;
  let failed = 0;
  for (const outcome of outcomes) {
    if (outcome?.status === 'succeeded') succeeded++;
    else if (outcome) failed++;
  }
  return { succeeded, failed };
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
