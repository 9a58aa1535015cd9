import type { RunDetail, Task } from '../../server/client.ts';
import { wideScopes } from './wide-scopes.ts';

/** Nodes that only hold others. */
const SCOPES: ReadonlySet<Task['kind']> = new Set(['when', 'fanOut', 'loop', 'call', 'finally']);

export function isScope({ kind }: Task): boolean {
  return SCOPES.has(kind);
}

/**
 * The run with its scopes beginning when the first thing in them does. The interpreter opens a scope as soon as it knows
 * what is in it, and what is in it may still have to wait for other tasks: until then, the scope waits.
 */
export function asBegun(detail: RunDetail): RunDetail {
  const begins = new Map<string, number>();
  for (const task of detail.tasks) {
    if (isScope(task) || !hasBegun(task)) continue;
    const at = task.startedAt ?? task.at;
    for (const path of scopesOf(task.path)) begins.set(path, Math.min(begins.get(path) ?? at, at));
  }
  // Of a wide scope what began first is no more among the tasks that are listed.
  const wide = wideScopes(detail);
  const told = (task: Task) => {
    const isUnknown = !isScope(task) || (wide.has(task.path) && begins.has(task.path));
    return isUnknown ? task : begun(task, begins.get(task.path));
  };
  return { ...detail, tasks: detail.tasks.map(told) };
}

/** Skipped tasks never begin, nor do those that were cancelled before they did. */
function hasBegun({ status, startedAt }: Task): boolean {
  return startedAt !== null || (status !== 'skipped' && status !== 'cancelled');
}

function begun(task: Task, first: number | undefined): Task {
  if (first !== undefined) return { ...task, startedAt: Math.max(task.startedAt ?? first, first) };
  return task.status === 'running' ? { ...task, status: 'waiting', startedAt: null } : task;
}

/** `gate`, `gate/do`, `gate/do/trials` and `gate/do/trials[3]` for `gate/do/trials[3]/train`. */
export function scopesOf(path: string): readonly string[] {
  return [...path.matchAll(/[[/#]/g)].map(({ index }) => path.slice(0, index));
}
