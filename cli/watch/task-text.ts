import type { JsonValue } from '../../ir/json.ts';
import type { Attempt, Task } from '../../server/client.ts';
import { durationText } from '../output/durations.ts';
import { askedBy, waitingText } from './asked.ts';
import { failureMessage } from './failures.ts';
import { taskNote } from './task-note.ts';

/** One task for a person who asked for it: how it stands, why it failed or what it waits for, and its values whole. */
export function taskText(task: Task, attempts: readonly Attempt[], now = Date.now()): string {
  const asked = askedBy(task);
  const note =
    asked === null ? taskNote(task, { attempts, policy: null, isTold: true, pools: [] }) : waitingText(task, now);
  return [
    [task.path, task.status, note === task.status ? '' : note.replace(`${task.status} from `, 'from ')]
      .filter((part) => part !== '')
      .join('  '),
    ...(task.cache === null || task.cache.detail === '' ? [] : [`cache: ${task.cache.detail}`]),
    ...(task.failure === null ? [] : [`failure: ${failureMessage(task.failure)}`]),
    ...attempts.map(attemptLine),
    ...(asked === null ? [] : [...asked.lines, ...asked.commands].map((line) => `  ${line}`)),
    ...(asked === null ? valueLines({ input: task.input, output: task.output }) : []),
    ...logLines(task, attempts),
  ].join('\n');
}

function attemptLine({ attempt, status, worker, startedAt, endedAt, failure }: Attempt): string {
  const spent = endedAt === null ? [] : [durationText(endedAt - startedAt)];
  const why = failure === null ? [] : [failureMessage(failure).split('\n')[0] ?? ''];
  return `attempt ${attempt}: ${[status, ...spent, `on ${worker}`, ...why].join('  ')}`;
}

/** What a task logged lies with the run in which it ran. */
function logLines({ runId, path, cache }: Task, attempts: readonly Attempt[]): readonly string[] {
  const origin = attempts.length > 0 ? { runId, path } : (cache?.origin ?? null);
  return origin === null ? [] : [`logs: ${logCommand(origin)}`];
}

export function logCommand({ runId, path }: Pick<Task, 'runId' | 'path'>): string {
  return `millrace runs logs ${runId} --path '${path}'`;
}

export function valueLines(values: Readonly<Record<string, JsonValue>>): readonly string[] {
  return Object.entries(values).map(([name, value]) => `${name}: ${JSON.stringify(value, null, 2)}`);
}
