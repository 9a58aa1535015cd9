import type { Attempt, Task } from '../../server/client.ts';

/** What a picture says beside a task's name: how far it is, why it failed, what it waits for. Empty for nothing. */
export function taskNote(task: Task, attempts: readonly Attempt[]): string {
  switch (task.status) {
    case 'running':
      return runningNote(attempts);
    case 'waiting':
      return task.kind === 'approval' ? `waits for: millrace runs approve ${task.runId} ${task.path}` : 'waits';
    case 'failed':
      return task.failure === null ? '' : failureNote(task.failure);
    case 'skipped':
      return typeof task.detail.because === 'string' ? task.detail.because : '';
    case 'cached':
    case 'reused':
      return task.status;
    default:
      return attempts.length > 1 ? `attempt ${attempts.length}` : chosenBranch(task);
  }
}

/** An error's own name says what kind of mistake it is; `Error` says nothing. */
function failureNote({ kind, name, message }: NonNullable<Task['failure']>): string {
  const first = message.split('\n')[0] ?? '';
  return kind === 'handler' && name !== 'Error' && !first.startsWith(name) ? `${name}: ${first}` : first;
}

function runningNote(attempts: readonly Attempt[]): string {
  const newest = attempts.at(-1);
  if (newest === undefined) return '';
  const parts = [
    newest.attempt > 1 ? `attempt ${newest.attempt}` : '',
    newest.progress === null ? '' : `${Math.round(newest.progress * 100)}%`,
    newest.message ?? '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function chosenBranch(task: Task): string {
  if (task.kind !== 'when') return '';
  return typeof task.detail.chosen === 'string' ? `→ ${task.detail.chosen}` : 'no branch';
}
