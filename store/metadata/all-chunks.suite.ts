import type { LogChunk, TaskTable } from './task-table.ts';

type Filter = NonNullable<Parameters<TaskTable['logs']>[1]>;

/** A run's log, page by page. */
export async function logPages(
  tasks: TaskTable,
  runId: string,
  filter: Filter = {},
): Promise<readonly (readonly LogChunk[])[]> {
  const pages: (readonly LogChunk[])[] = [];
  for (let after: string | null = null; ; ) {
    const page: Awaited<ReturnType<TaskTable['logs']>> = await tasks.logs(runId, { ...filter, after });
    if (page.chunks.length === 0) return pages;
    pages.push(page.chunks);
    after = page.cursor;
  }
}

export async function allChunks(tasks: TaskTable, runId: string, filter: Filter = {}): Promise<readonly LogChunk[]> {
  return (await logPages(tasks, runId, filter)).flat();
}
