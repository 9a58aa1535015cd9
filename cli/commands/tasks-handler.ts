import type { Task, TaskFilter } from '../../server/client.ts';
import { durationText } from '../output/durations.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { listing } from '../output/listing.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { withApi } from '../system/with-api.ts';
import { taskNote } from '../watch/task-note.ts';

export interface TasksOptions extends PlaceOptions, FormatOptions {
  readonly under?: string;
  readonly status?: NonNullable<TaskFilter['status']>;
}

/** All tasks of a run, a page at a time. */
export async function printTasks(id: string, options: TasksOptions): Promise<void> {
  const { under, status } = options;
  const filter = {
    limit: 1_000,
    ...(under === undefined ? {} : { under }),
    ...(status === undefined ? {} : { status }),
  };
  const tasks = listing<Task>(formatOf(options), 'tasks', taskLine);
  await withApi(findPlace(options), async (client) => {
    let any = false;
    for (let cursor: string | null = null; ; ) {
      const page = await client.tasks(id, { ...filter, cursor });
      await tasks.add(page.items);
      any ||= page.items.length > 0;
      cursor = page.cursor;
      if (cursor === null) break;
    }
    if (!any) process.stderr.write(`note: Run ${id} has no tasks of that kind.\n`);
  });
  await tasks.end();
}

function taskLine(task: Task): string {
  const spent =
    task.startedAt === null || task.endedAt === null || task.status === 'skipped'
      ? ''
      : durationText(task.endedAt - task.startedAt);
  const note = taskNote(task, { attempts: [], policy: null, isTold: false, pools: [] });
  const parts = [task.status.padEnd(9), task.path, spent, note === task.status ? '' : note];
  return `${parts.filter((part) => part !== '').join('  ')}\n`;
}
