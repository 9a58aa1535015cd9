import type { RunDetail, Task } from '../../server/client.ts';
import { durationText } from '../output/durations.ts';
import { taskNote } from './task-note.ts';

/** What changed from one look at a run to the next, a line each: `succeeded  trials[0]/train  1.3 s`. */
export function changedLines(before: RunDetail | null, now: RunDetail): readonly string[] {
  const known = new Map(before?.tasks.map((task) => [task.path, task.status]));
  const changed = now.tasks
    .filter((task) => known.get(task.path) !== task.status)
    .sort((left, right) => left.sequence - right.sequence);
  return changed.map((task) => taskChange(task, now));
}

function taskChange(task: Task, { attempts }: RunDetail): string {
  const ended = task.endedAt !== null && task.startedAt !== null && task.status !== 'skipped';
  const spent = ended ? durationText((task.endedAt ?? 0) - (task.startedAt ?? 0)) : '';
  const note = taskNote(
    task,
    attempts.filter((attempt) => attempt.path === task.path),
  );
  return [task.status.padEnd(9), task.path, spent, note].filter((part) => part !== '').join('  ');
}
