import type { Attempt } from '../../server/client.ts';

/** Attempts by the task that they tried, in their order. */
export function attemptsByPath(attempts: readonly Attempt[]): ReadonlyMap<string, readonly Attempt[]> {
  const byPath = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const known = byPath.get(attempt.path);
    if (known === undefined) byPath.set(attempt.path, [attempt]);
    else known.push(attempt);
  }
  return byPath;
}
