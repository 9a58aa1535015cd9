import { CancellationScope } from '@temporalio/workflow';

/** Runs an operation as soon as there is a place for it. */
export type Turnstile = <T>(operation: () => Promise<T>) => Promise<T>;

/**
 * Lets so many through at once; others wait, first come first served. Whoever waits in a scope that is cancelled leaves
 * the line. It goes by nothing but the order in which it is called and operations end, so a replay sees the same.
 */
export function turnstile(places: number): Turnstile {
  let free = places;
  const line = new Set<() => void>();
  const leave = () => {
    const [next] = line;
    if (!next) {
      free++;
      return;
    }
    line.delete(next);
    next();
  };
  const turn = () =>
    new Promise<void>((resolve, reject) => {
      line.add(resolve);
      CancellationScope.current().cancelRequested.catch((error) => {
        if (line.delete(resolve)) reject(error);
      });
    });
  return async (operation) => {
    if (free > 0) free--;
    else await turn();
    try {
      return await operation();
    } finally {
      leave();
    }
  };
}
