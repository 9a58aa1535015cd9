import type { RunDetail, Task } from '../../server/client.ts';
import { durationText } from '../output/durations.ts';

/** How a run ended, in a line or three: what it cost, what it gave, what broke and what to do. */
export function runSummary({ run, tasks }: RunDetail): string {
  const spent =
    run.startedAt === null || run.endedAt === null ? '' : ` in ${durationText(run.endedAt - run.startedAt)}`;
  const head = `${run.id} ${run.status}${spent}: ${counted(tasks)}`;
  if (run.status === 'succeeded') {
    const output = run.output === null ? [] : [`output: ${JSON.stringify(run.output)}`];
    return [head, ...output, ...whyRun(tasks)].join('\n');
  }
  if (run.endedAt === null) return head;
  const failed = tasks.filter((task) => task.status === 'failed' && task.kind === 'task');
  return [
    head,
    ...(run.error === null ? [] : [`error: ${run.error}`]),
    ...failed.slice(0, 3).map((task) => `logs:  millrace runs logs ${run.id} --path '${task.path}'`),
    `retry: millrace runs retry ${run.id}${run.driver === 'local' ? ' --local' : ''}  (--file FILE takes your edits along)`,
  ].join('\n');
}

/** Most lines about the cache; a first run has nothing to explain, and the rest is in `runs get`. */
const MOST_REASONS = 8;

/** Of a run that found some of its tasks in the cache: why the others ran. */
function whyRun(tasks: readonly Task[]): readonly string[] {
  if (!tasks.some((task) => task.status === 'cached' || task.status === 'reused')) return [];
  const reasons = tasks.flatMap(({ kind, status, path, cache }) =>
    kind === 'task' && status === 'succeeded' && cache ? [`  ${path}: ${cache.detail}`] : [],
  );
  if (reasons.length === 0) return [];
  const more = reasons.length - MOST_REASONS;
  return ['not from the cache:', ...reasons.slice(0, MOST_REASONS), ...(more > 0 ? [`  … and ${more} more`] : [])];
}

function counted(tasks: readonly Task[]): string {
  const counts = new Map<string, number>();
  for (const task of tasks) if (task.kind === 'task') counts.set(task.status, (counts.get(task.status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status}`).join(', ') || 'no tasks';
}
