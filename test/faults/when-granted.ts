import { setTimeout as delay } from 'node:timers/promises';

/** Looks until there is something to see, for a while; a look that fails sees nothing, as when the API is away. */
export async function whenGranted<T>(
  withinMs: number,
  look: () => Promise<T>,
): Promise<Exclude<T, undefined | false | null> | null> {
  for (const end = Date.now() + withinMs; Date.now() < end; await delay(30)) {
    const seen = await look().catch(() => null);
    if (seen !== null && seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false | null>;
  }
  return null;
}
