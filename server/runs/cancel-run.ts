import type { ListedRun } from '../../store/metadata/run-table.ts';
import { ApiProblem } from '../http/problem.ts';
import type { ServerContext } from '../server-context.ts';
import { TemporalAway } from '../temporal/temporal-gateway.ts';
import { findRun, hasEnded } from './find-run.ts';
import { isWithoutRunner } from './local-runs.ts';

/**
 * Asks a run to stop; its end shows when its tasks have stopped. A run that has ended is left as it is, and one that
 * Temporal never got, or that has lost its process, is ended here.
 */
export async function cancelRun(context: ServerContext, id: string): Promise<ListedRun> {
  const run = await findRun(context, id);
  if (hasEnded(run)) return run;
  if (run.workflowId === null) {
    if (await isWithoutRunner(run)) return endUnexecuted(context, id);
    throw new ApiProblem(
      'notForLocalRuns',
      `Run ${id} runs inside the process that started it, which only it can stop.`,
      {
        next: 'Press Ctrl-C in its terminal.',
      },
    );
  }
  if (context.temporal === null)
    throw new TemporalAway('This API was started without Temporal, which the run is kept in.');
  const underWay = await context.temporal.cancel(run.workflowId);
  if (!underWay) {
    const outcome = {
      status: 'cancelled',
      output: null,
      error: 'Cancelled before it started.',
      at: context.now(),
    } as const;
    await context.metadata.runs.end(id, outcome);
    // Its submission may have started the workflow since it was asked; later ones see that the run has ended.
    await context.temporal.cancel(run.workflowId);
  }
  return findRun(context, id);
}

/** A process that comes for the run later finds that it has ended. */
async function endUnexecuted(context: ServerContext, id: string): Promise<ListedRun> {
  const error = 'Cancelled while no process was executing it.';
  await context.metadata.runs.abandon(id, { status: 'cancelled', error, at: context.now() });
  return findRun(context, id);
}
