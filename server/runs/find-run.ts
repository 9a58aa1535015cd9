import type { Run } from '../../store/metadata/run-table.ts';
import { ApiProblem } from '../http/problem.ts';
import type { ServerContext } from '../server-context.ts';

/** @throws ApiProblem `notFound`. */
export async function findRun(context: ServerContext, id: string): Promise<Run> {
  const run = await context.metadata.runs.get(id);
  if (run !== null) return run;
  throw new ApiProblem('notFound', `Project ${context.project} has no run ${id}.`, {
    next: 'List them with `millrace runs list`.',
  });
}

/** Whether nothing more will happen in a run. */
export function hasEnded(run: Run): boolean {
  return run.status === 'succeeded' || run.status === 'failed' || run.status === 'cancelled';
}
