import { APPROVAL_IN_LOCAL_RUN, isBeforeHandler } from '../../ir/protocol/task-failure.ts';
import { TASK_STATUSES } from '../../ir/protocol/transition.ts';
import type { RunDetail } from '../../server/client.ts';
import { durationText } from '../output/durations.ts';
import { failedFirst, failureText, toldFailures } from '../watch/failures.ts';
import { statusText } from '../watch/run-status.ts';
import { WORK } from '../watch/wide-scopes.ts';
import { bytesText } from './run-results.ts';

/**
 * How a run ended, in a line or more: what it cost, what it gave, what broke and what to do.
 *
 * @param mostFailures how many failures are told one by one; the rest is in `runs get`, which tells all.
 */
export function runSummary(detail: RunDetail, mostFailures?: number): string {
  const { run } = detail;
  const spent =
    run.startedAt === null || run.endedAt === null ? '' : ` in ${durationText(run.endedAt - run.startedAt)}`;
  const head = `${run.id} ${statusText(run)}${spent}: ${counted(detail)}`;
  if (run.endedAt === null) return head;
  if (run.status === 'succeeded') {
    return [head, ...outputLines(run), ...failureLines(detail, 'failed', mostFailures), ...whyRun(detail)].join('\n');
  }
  return [head, ...brokenLines(detail, mostFailures), retryLine(detail)].join('\n');
}

/** What may help: nothing but an edit does where a contract was broken, and only a system asks people. */
function retryLine({ run, tasks }: RunDetail): string {
  const failures = failedFirst(tasks).map(({ failure }) => failure);
  const asksPeople = failures.some((failure) => failure?.name === APPROVAL_IN_LOCAL_RUN);
  const retry = `millrace runs retry ${run.id}${run.driver === 'local' && !asksPeople ? ' --local' : ''}`;
  return failures.some((failure) => failure?.kind === 'contract')
    ? `retry: edit, then: ${retry} --code FILE  (name=value changes a parameter)`
    : `retry: ${retry}  (name=value changes a parameter, --code FILE takes your edits along)`;
}

function outputLines({ id, output, leftOut }: RunDetail['run']): readonly string[] {
  const bytes = leftOut?.output ?? null;
  if (bytes !== null) return [`output: ${bytesText(bytes)}, too large to be shown: millrace runs get ${id} --values`];
  return output === null ? [] : [`output: ${JSON.stringify(output)}`];
}

/** What a run that did not succeed ended with. What ended it may be none of its tasks: its process, or a person. */
function brokenLines(detail: RunDetail, most: number | undefined): readonly string[] {
  const { error } = detail.run;
  const lines = failureLines(detail, 'error', most);
  const isTold = error === null || failedFirst(detail.tasks).some(({ path }) => error.startsWith(`${path}: `));
  return isTold ? lines : [`error: ${error}`, ...lines];
}

function failureLines(detail: RunDetail, word: 'error' | 'failed', most: number | undefined): readonly string[] {
  const { told, more } = toldFailures(detail, most);
  const lines = told.flatMap((task) => {
    const attempts = detail.attempts.filter(({ path }) => path === task.path);
    const failed = `${word}: ${failureText(task, attempts.at(-1)?.attempt ?? 0)}`;
    const mayHaveLogged = attempts.some(({ failure }) => failure === null || !isBeforeHandler(failure));
    return !mayHaveLogged ? [failed] : [failed, `logs:  millrace runs logs ${detail.run.id} --path '${task.path}'`];
  });
  const { id } = detail.run;
  const rest = detail.unlisted > 0 ? `millrace runs tasks ${id} --status failed` : `millrace runs get ${id}`;
  return more === 0 ? lines : [...lines, `… and ${more} more failed: ${rest}`];
}

/** Most lines about the cache; a first run has nothing to explain, and the rest is in `runs get`. */
const MOST_REASONS = 8;

/** Of a run that found some of its tasks in the cache: why the others ran. */
function whyRun({ tasks, unlisted }: RunDetail): readonly string[] {
  if (!tasks.some((task) => task.status === 'cached' || task.status === 'reused')) return [];
  const reasons = tasks.flatMap(({ kind, status, path, cache }) =>
    kind === 'task' && status === 'succeeded' && cache ? [`  ${path}: ${cache.detail}`] : [],
  );
  if (reasons.length === 0) return [];
  const more = reasons.length - MOST_REASONS;
  return [
    'not from the cache:',
    ...reasons.slice(0, MOST_REASONS),
    ...(unlisted > 0 ? ['  … and more'] : more > 0 ? [`  … and ${more} more`] : []),
  ];
}

/** Scopes count only when they failed on their own, or were skipped with all that is in them. */
function counted(detail: RunDetail): string {
  const counts = new Map<string, number>();
  const add = (status: string, tasks: number) => counts.set(status, (counts.get(status) ?? 0) + tasks);
  for (const { kind, status, tasks } of detail.counts) if (WORK.has(kind) || status === 'skipped') add(status, tasks);
  const broken = failedFirst(detail.tasks).filter(({ kind }) => !WORK.has(kind));
  if (broken.length > 0) add('failed', broken.length);
  const inOrder = TASK_STATUSES.flatMap((status) =>
    counts.has(status) ? [[status, counts.get(status)] as const] : [],
  );
  return inOrder.map(([status, count]) => `${count} ${status}`).join(', ') || 'no tasks';
}
