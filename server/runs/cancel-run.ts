import type { ListedRun } from '../../store/metadata/run-table.ts';
import { ApiProblem } from '../http/problem.ts';
import type { ServerContext } from '../server-context.ts';
import { TemporalAway, type TemporalGateway } from '../temporal/temporal-gateway.ts';
import { findRun, hasEnded } from './find-run.ts';
import { isWithoutRunner } from './local-runs.ts';
import { reconcileRun } from './reconcile-runs.ts';
import { giveBackSlotsOf } from './wake-waiters.ts';

/** `now`: neither handlers nor clean-up are waited for. Else they have `graceMs`. */
export interface Cancelling {
  readonly now: boolean;
  readonly graceMs: number;
}

/**
 * Asks a run to stop; its end shows when its tasks have stopped. A run that has ended is left as it is. Ended here is one
 * that Temporal never got, one that has lost its process, and one that is to end now.
 */
export async function cancelRun(context: ServerContext, id: string, how: Cancelling): Promise<ListedRun> {
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
  if (how.now) await endNow(context, context.temporal, run, run.workflowId);
  else await askToEnd(context, context.temporal, run, run.workflowId, how.graceMs);
  return findRun(context, id);
}

async function askToEnd(
  context: ServerContext,
  temporal: TemporalGateway,
  run: ListedRun,
  workflowId: string,
  graceMs: number,
): Promise<void> {
  const order = { kind: 'cancel', graceMs } as const;
  if (await temporal.order(workflowId, order)) return;
  if (await reconcileRun(context, temporal, run)) return;
  const outcome = {
    status: 'cancelled',
    output: null,
    error: 'Cancelled before it started.',
    at: context.now(),
  } as const;
  await context.metadata.runs.end(run.id, outcome);
  // Its submission may have started the workflow since it was asked; later ones see that the run has ended.
  await temporal.order(workflowId, order);
}

/**
 * Takes the run away from its workers: the next heartbeat of a handler is refused, and its host ends it. The rows are
 * closed as those of any workflow that was terminated, only at once.
 */
async function endNow(
  context: ServerContext,
  temporal: TemporalGateway,
  { id }: ListedRun,
  workflowId: string,
): Promise<void> {
  const error = `Cancelled at once by ${context.user}: what was under way was not waited for, finallyDo and onExit did not run.`;
  await temporal.terminate(workflowId, error);
  await context.metadata.runs.end(id, { status: 'cancelled', output: null, error, at: context.now() });
  await temporal.terminate(workflowId, error);
  await giveBackSlotsOf(context, id);
}

/** A process that comes for the run later finds that it has ended. */
async function endUnexecuted(context: ServerContext, id: string): Promise<ListedRun> {
  const error = 'Cancelled while no process was executing it.';
  await context.metadata.runs.end(id, { status: 'cancelled', output: null, error, at: context.now() });
  return findRun(context, id);
}
