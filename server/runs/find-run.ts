import type { ListedRun, Run } from '../../store/metadata/run-table.ts';
import { ApiProblem } from '../http/problem.ts';
import type { ServerContext } from '../server-context.ts';

/** A run as it is listed: its largest values are not read. @throws ApiProblem `notFound`. */
export async function findRun(context: ServerContext, id: string): Promise<ListedRun> {
  const run = await context.metadata.runs.outline(id);
  if (run !== null) return run;
  throw noSuchRun(context, id);
}

/** @throws ApiProblem `notFound`. */
export async function findWholeRun(context: ServerContext, id: string): Promise<Run> {
  const run = await context.metadata.runs.get(id);
  if (run !== null) return run;
  throw noSuchRun(context, id);
}

function noSuchRun({ project }: ServerContext, id: string): ApiProblem {
  return new ApiProblem('notFound', `Project ${project} has no run ${id}.`, {
    next: 'List them with `millrace runs list`.',
  });
}

/** Whether nothing more will happen in a run. */
export function hasEnded(run: Run): boolean {
  return run.status === 'succeeded' || run.status === 'failed' || run.status === 'cancelled';
}

/** All runs that have not ended. */
export async function openRuns(context: ServerContext): Promise<readonly ListedRun[]> {
  return [...(await allRuns(context, 'pending')), ...(await allRuns(context, 'running'))];
}

async function allRuns({ metadata }: ServerContext, status: Run['status']): Promise<readonly ListedRun[]> {
  const runs: ListedRun[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof metadata.runs.list>> = await metadata.runs.list({ status, cursor });
    runs.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== null);
  return runs;
}
