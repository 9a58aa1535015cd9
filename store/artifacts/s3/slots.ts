import { setMaxListeners } from 'node:events';

/** Lets so many things be under way at once; others wait their turn. */
export interface Slots {
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    async run(work) {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await work();
      } finally {
        // A slot is handed on, so that nobody who comes later gets it first.
        const next = waiting.shift();
        if (next) next();
        else free += 1;
      }
    },
  };
}

/**
 * Works on all items, each in a slot. The first failure stops the others, and is thrown when nothing is under way any
 * more.
 */
export async function inSlots<Item, Result>(
  slots: Slots,
  items: readonly Item[],
  work: (item: Item, stop: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const failed = new AbortController();
  // Each request listens, and Node would take more than ten for a leak.
  setMaxListeners(0, failed.signal);
  const one = async (item: Item) => {
    failed.signal.throwIfAborted();
    try {
      return await work(item, failed.signal);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  const all = items.map((item) => slots.run(() => one(item)));
  await Promise.allSettled(all);
  failed.signal.throwIfAborted();
  return Promise.all(all);
}
