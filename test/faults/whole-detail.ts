import type { RunDetail } from '../../server/client.ts';
import type { Page } from '../../store/metadata/metadata-store.ts';
import type { ListedTask, TaskTable } from '../../store/metadata/task-table.ts';

/** A run with all of its tasks and the attempts of all: of very many the API lists some. */
export async function wholeDetail(table: TaskTable, detail: RunDetail): Promise<RunDetail> {
  if (detail.unlisted === 0) return detail;
  const listed = new Set(detail.tasks.map(({ path }) => path));
  const tasks = await allTasks(table, detail.run.id);
  // Light tasks have no attempts.
  const others = tasks.filter(({ path, kind, step }) => kind === 'task' && step !== 'addUp' && !listed.has(path));
  const attempts = await Promise.all(others.map(({ path }) => table.attempts(detail.run.id, path)));
  return { ...detail, tasks, unlisted: 0, attempts: [...detail.attempts, ...attempts.flat()] };
}

async function allTasks(table: TaskTable, runId: string): Promise<ListedTask[]> {
  const tasks: ListedTask[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<ListedTask> = await table.page(runId, { limit: 1_000, cursor });
    tasks.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== null);
  return tasks;
}
