import type { RunDetail, Task } from '../../server/client.ts';
import { scopesOf } from './as-begun.ts';
import { WORK } from './wide-scopes.ts';

/**
 * The tasks in which something went wrong first. A scope fails with what failed inside it, and says the same again; it
 * is among them only when nothing inside it failed.
 */
export function failedFirst(tasks: readonly Task[]): readonly Task[] {
  const failed = tasks.filter((task) => task.status === 'failed');
  const scopes = new Set(failed.flatMap(({ path }) => scopesOf(path)));
  return failed.filter(({ path }) => !scopes.has(path));
}

/** Most failures of a run that are told one by one. */
const MOST_FAILURES = 3;

/** Failures in the order in which they came about, the one that ended the run before all others. */
export function toldFailures(
  { run, tasks, counts }: RunDetail,
  most = MOST_FAILURES,
): { readonly told: readonly Task[]; readonly more: number } {
  const order = ({ path, endedAt }: Task): number => (run.error?.startsWith(`${path}: `) ? -1 : (endedAt ?? 0));
  const first = [...failedFirst(tasks)].sort((left, right) => order(left) - order(right));
  const told = first.slice(0, most);
  // Of very many not all are listed, but all are counted.
  const failed = counts.filter(({ kind, status }) => WORK.has(kind) && status === 'failed');
  const all = Math.max(
    first.length,
    failed.reduce((sum, count) => sum + count.tasks, 0),
  );
  return { told, more: all - told.length };
}

/** `train, attempt 3: no rows`. */
export function failureText({ runId, path, failure, leftOut }: Task, attempts: number): string {
  const where = attempts > 1 ? `${path}, attempt ${attempts}` : path;
  if (failure !== null) return `${where}: ${failureMessage(failure)}`;
  const isLeftOut = leftOut !== null && leftOut.failure !== null;
  return isLeftOut ? `${where}: too large to be listed here: millrace runs get ${runId} --path '${path}'` : where;
}

/** Names that say nothing: JavaScript's most general one, and those of our steps' own errors, whose messages say all. */
const PLAIN_NAMES: ReadonlySet<string> = new Set(['Error', 'NonError', 'DataError', 'InferenceError', 'ArtifactError']);

/** An error's own name, a TypeError's for instance, says what kind of mistake it is. */
export function failureMessage({ kind, name, message }: NonNullable<Task['failure']>): string {
  const isPlain = kind !== 'handler' || PLAIN_NAMES.has(name) || message.startsWith(name);
  return isPlain ? message : `${name}: ${message}`;
}
