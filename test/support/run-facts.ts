import { artifactsIn } from '../../ir/artifact.ts';
import type { RunDetail } from '../../server/client.ts';

/** Digests of all artifacts that each task gave, by task path. */
export function outputDigests({ tasks }: RunDetail): Record<string, readonly string[]> {
  const leaves = tasks.filter(({ kind }) => kind === 'task');
  return byPath(leaves.map(({ path, output }) => [path, artifactsIn(output).map(({ digest }) => digest)]));
}

/** How often a worker began each task, by task path. */
export function attemptCounts({ attempts }: RunDetail): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { path } of attempts) counts.set(path, (counts.get(path) ?? 0) + 1);
  return byPath([...counts]);
}

/** The status of each task, by task path. */
export function statuses({ tasks }: RunDetail): Record<string, string> {
  return byPath(tasks.filter(({ kind }) => kind === 'task').map(({ path, status }) => [path, status]));
}

/** The paths of tasks that have begun and not ended. */
export function runningPaths({ attempts }: RunDetail): readonly string[] {
  return attempts.filter(({ status }) => status === 'running').map(({ path }) => path);
}

function byPath<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
