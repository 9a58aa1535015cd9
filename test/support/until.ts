import { setTimeout as delay } from 'node:timers/promises';

/** Looks again and again until there is something to see. @throws Error that says what did not come. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  withinMs = 120_000,
): Promise<Exclude<T, null | undefined | false>> {
  for (const end = Date.now() + withinMs; Date.now() < end; await delay(20)) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) return seen as Exclude<T, null | undefined | false>;
  }
  throw new Error(`Waited ${withinMs / 1_000} s in vain: ${what}.`);
}
