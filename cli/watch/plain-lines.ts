import type { Attempt, PoolState, RunDetail, Task } from '../../server/client.ts';
import { groupedByPath } from '../output/by-path.ts';
import { durationText } from '../output/durations.ts';
import { asBegun, isScope } from './as-begun.ts';
import { askedBy } from './asked.ts';
import { runWaitText } from './pool-wait.ts';
import { noPolicies, type RetryPolicies, retriedText } from './retries.ts';
import { pauseText } from './run-status.ts';
import { taskNote } from './task-note.ts';
import { type WideScope, wideScopeOf, wideScopes } from './wide-scopes.ts';

/**
 * What changed from one look at a run to the next, a line each: `succeeded  trials[0]/train  1.3 s`, and for an attempt
 * that is not the last `retrying   train  attempt 1 of 3 failed: no rows, again in 30 s`. Why a task failed in the end
 * is told by the run's summary.
 */
export function changedLines(
  earlier: RunDetail | null,
  later: RunDetail,
  policies: RetryPolicies = noPolicies,
): readonly string[] {
  const before = earlier && asBegun(earlier);
  const now = asBegun(later);
  const known = new Map(before?.tasks.map((task) => [task.path, task.status]));
  const wide = wideScopes(later);
  const changed = now.tasks
    .filter((task) => known.get(task.path) !== task.status && !(isScope(task) && task.status === 'waiting'))
    .filter(toldAlone(now, wide))
    .sort((left, right) => left.sequence - right.sequence);
  const attempts = groupedByPath(now.attempts);
  const tried = new Map([...attempts].filter(([path]) => wideScopeOf(path, wide) === null));
  const retried = retriedByPath(before, tried, policies);
  const lines = changed.flatMap((task) => {
    const line = taskChange(task, attempts.get(task.path) ?? [], now.pools, policies);
    if (task.status === 'running') return [line];
    const before = retried.get(task.path) ?? [];
    retried.delete(task.path);
    const asked = askedBy(task);
    const under = asked === null ? [] : [...asked.lines, ...asked.commands];
    return [...before, line, ...under.map((each) => `${' '.repeat(11)}${each}`)];
  });
  return [...lines, ...[...retried.values()].flat(), ...pauseLines(earlier, later), ...waitLines(earlier, later)];
}

/** Failures in wide scopes that are told one by one: `runs tasks --status failed` has all. */
const MOST_OF_WIDE = 20;

/** In wide scopes only what a person is asked, and what failed first. */
function toldAlone({ tasks }: RunDetail, wide: ReadonlyMap<string, WideScope>): (task: Task) => boolean {
  const failed = tasks.filter((task) => task.status === 'failed' && !isScope(task) && wideScopeOf(task.path, wide));
  const first = new Set(failed.slice(0, MOST_OF_WIDE).map(({ path }) => path));
  return (task) => wideScopeOf(task.path, wide) === null || first.has(task.path) || askedBy(task) !== null;
}

/** Else a run that starts nothing would look like one that hangs. */
function pauseLines(earlier: RunDetail | null, { run }: RunDetail): readonly string[] {
  const before = earlier && pauseText(earlier.run);
  const now = pauseText(run);
  if (now === before || run.endedAt !== null) return [];
  return now === null ? ['the run goes on'] : [`${now}; go on with: millrace runs unpause ${run.id}`];
}

/** Once, when the run begins to wait: whom it waits for changes more often than anybody reads it. */
function waitLines(earlier: RunDetail | null, later: RunDetail): readonly string[] {
  const now = runWaitText(later);
  return now === null || (earlier && runWaitText(earlier) !== null) ? [] : [now];
}

/** Lines for attempts that failed since the last look, while their task goes on. */
function retriedByPath(
  before: RunDetail | null,
  attempts: ReadonlyMap<string, readonly Attempt[]>,
  policies: RetryPolicies,
): Map<string, readonly string[]> {
  const seen = new Set(before?.attempts.filter(({ endedAt }) => endedAt !== null).map(attemptKey));
  const found = new Map<string, readonly string[]>();
  for (const [path, ofTask] of attempts) {
    const lines = ofTask
      .filter((attempt) => !seen.has(attemptKey(attempt)))
      .flatMap((attempt) => retriedText(attempt, ofTask, policies(path)) ?? [])
      .map((text) => `${'retrying'.padEnd(9)}  ${path}  ${text}`);
    if (lines.length > 0) found.set(path, lines);
  }
  return found;
}

function attemptKey({ path, attempt }: Attempt): string {
  return `${attempt} ${path}`;
}

function taskChange(
  task: Task,
  attempts: readonly Attempt[],
  pools: readonly PoolState[],
  policies: RetryPolicies,
): string {
  const ended = task.endedAt !== null && task.startedAt !== null && task.status !== 'skipped';
  const spent = ended ? durationText((task.endedAt ?? 0) - (task.startedAt ?? 0)) : '';
  const note = taskNote(task, { attempts, policy: policies(task.path), isTold: true, pools });
  // How far it is changes before anybody reads it; that it is cached stands before its name.
  const told = task.status === 'running' || note === task.status ? '' : note.replace(`${task.status} from `, 'from ');
  return [task.status.padEnd(9), task.path, spent, told].filter((part) => part !== '').join('  ');
}
