import { backfillWorkflowId, type CancelBackfill } from '../../ir/protocol/backfill-order.ts';
import { ApiProblem } from '../http/problem.ts';
import type { BackfillState } from '../schemas/backfill.ts';
import type { ServerContext } from '../server-context.ts';
import { backfillState, findBackfill, startRound, temporalFor } from './find-backfill.ts';

/**
 * Starts nothing more of a backfill; what goes on is asked to end, unless it is to be kept. It has ended when its runs have.
 * One that has ended is left as it is.
 */
export async function cancelBackfill(context: ServerContext, id: string, how: CancelBackfill): Promise<BackfillState> {
  const backfill = await findBackfill(context, id);
  if (backfill.endedAt !== null) return backfillState(context, backfill);
  const temporal = await temporalFor(context);
  const workflowId = backfillWorkflowId(context.project, id, backfill.round);
  if (!(await temporal.backfills.cancel(workflowId, how))) {
    // Temporal never got it, or has lost it.
    await context.metadata.backfills.endRound(id, backfill.round, { status: 'cancelled', at: context.now() });
  }
  return backfillState(context, await findBackfill(context, id));
}

/** Runs for the partitions whose run failed, was cancelled or was never begun. Each takes over what the one before finished. */
export async function retryBackfill(context: ServerContext, id: string): Promise<BackfillState> {
  const temporal = await temporalFor(context);
  const before = await findBackfill(context, id);
  if (before.endedAt === null) {
    throw new ApiProblem('conflict', `Backfill ${id} goes on; one that has ended can be retried.`, {
      next: `Wait for it, or end it: millrace backfills cancel ${id}`,
    });
  }
  const { partitions } = await backfillState(context, before);
  const pending = partitions
    .filter(({ status }) => status === 'failed' || status === 'cancelled' || status === 'missing')
    .map(({ partition }) => partition);
  if (pending.length === 0) {
    throw new ApiProblem('conflict', `Nothing of backfill ${id} has failed, was cancelled or is missing.`, {
      next: 'To do all of it again, create one under another name with --rerun all.',
    });
  }
  const backfill = await context.metadata.backfills.beginRound(id, before.round, pending);
  await startRound(context, temporal, backfill);
  return backfillState(context, backfill);
}
