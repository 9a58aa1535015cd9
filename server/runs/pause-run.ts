import type { RunOrder } from '../../ir/protocol/run-order.ts';
import type { ListedRun } from '../../store/metadata/run-table.ts';
import { ApiProblem } from '../http/problem.ts';
import type { ServerContext } from '../server-context.ts';
import { TemporalAway } from '../temporal/temporal-gateway.ts';
import { findRun, hasEnded } from './find-run.ts';

/**
 * Tells a run to start nothing new, or to go on. The order lies in Temporal until the run takes it; that it did shows in
 * its row, which the run itself has written. Said twice it is said once.
 */
export async function pauseRun(
  context: ServerContext,
  id: string,
  order: Extract<RunOrder, { kind: 'pause' | 'unpause' }>,
): Promise<ListedRun> {
  const run = await findRun(context, id);
  if (run.driver === 'local') throw notForLocal(id, order.kind);
  if (hasEnded(run)) throw nothingToHold(id, order.kind, `has ended (${run.status})`);
  if (context.temporal === null)
    throw new TemporalAway('This API was started without Temporal, which the run is kept in.');
  if (run.workflowId === null || !(await context.temporal.order(run.workflowId, order)))
    throw nothingToHold(id, order.kind, 'is not under way in Temporal');
  return findRun(context, id);
}

function notForLocal(id: string, verb: string): ApiProblem {
  return new ApiProblem('notForLocalRuns', `Run ${id} is a local run: it ends with its process and cannot ${verb}.`, {
    next: `End it with Ctrl-C in its terminal, and later go on with \`millrace runs retry ${id}\`, which keeps what it finished.`,
  });
}

function nothingToHold(id: string, verb: string, why: string): ApiProblem {
  return new ApiProblem('conflict', `Run ${id} ${why}: there is nothing to ${verb}.`, {
    next: `See how it stands: millrace runs get ${id}`,
  });
}
