import { isBackfillRunId } from '../../ir/protocol/backfill-order.ts';
import { runWorkflowId } from '../../ir/protocol/workflow-names.ts';
import type { Run } from '../../store/metadata/run-table.ts';
import { reconcileBackfills } from '../backfills/reconcile-backfills.ts';
import type { ServerContext } from '../server-context.ts';
import {
  TemporalAway,
  type TemporalGateway,
  type WorkflowClosing,
  type WorkflowState,
} from '../temporal/temporal-gateway.ts';
import { hasEnded, openRuns } from './find-run.ts';
import { endOrphans } from './local-runs.ts';
import { startPending } from './submit-run.ts';
import { giveBackSlotsOf } from './wake-waiters.ts';

const EVERY_MS = 60_000;
/** A row is older than its workflow, and somebody may be about to start it or to write its end: younger runs are left alone. */
const SETTLED_AFTER_MS = 60_000;

const ERROR_OF: Readonly<Record<WorkflowClosing, string>> = {
  terminated: 'Its workflow was terminated in Temporal.',
  failed: 'Its workflow failed in Temporal, where its history has the reason.',
  timedOut: 'Its workflow ran out of time in Temporal.',
  cancelled: 'Its workflow was cancelled in Temporal.',
  completed: 'Its workflow completed in Temporal, but how the run ended was never recorded.',
};
const UNKNOWN = 'Temporal knows no workflow of this run any more, and how the run ended was never recorded.';

/** Reconciles now and every minute, one pass at a time, without keeping the process alive. @returns what stops it */
export function keepReconciling(context: ServerContext, everyMs = EVERY_MS): () => void {
  const stopping = new AbortController();
  let underWay = false;
  const begin = (): void => {
    if (underWay) return;
    underWay = true;
    void reconcileRuns(context, stopping.signal)
      .then(() => reconcileBackfills(context))
      .catch((error: unknown) => logFailure(context, error, stopping.signal))
      .finally(() => {
        underWay = false;
      });
  };
  const timer = setInterval(begin, everyMs).unref();
  begin();
  return () => {
    clearInterval(timer);
    stopping.abort();
  };
}

/**
 * Ends the rows of runs whose workflow Temporal has closed or forgotten without the run's own last word: it was
 * terminated, say, or the worker that was to write it never came back. Those that were submitted and that Temporal never got
 * are started: the API was killed between row and workflow, say. Local runs end with their process.
 *
 * @throws TemporalAway when Temporal does not answer; what is left waits for the next pass.
 */
export async function reconcileRuns(context: ServerContext, signal?: AbortSignal): Promise<void> {
  const { temporal } = context;
  await endOrphans(context);
  if (temporal === null) return;
  for (const run of await settledRuns(context)) {
    if (signal?.aborted) return;
    await mend(context, temporal, run, signal).catch((error: unknown) => {
      // One run that cannot be asked about must not keep the others from it.
      if (error instanceof TemporalAway) throw error;
      context.log.error({ err: error, run: run.id }, 'a run could not be reconciled with Temporal');
    });
  }
}

async function mend(
  context: ServerContext,
  temporal: TemporalGateway,
  run: Run,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (run.workflowId === null) return;
  const state = await temporal.describe(run.workflowId);
  if (state !== null || run.status !== 'pending') await endUntold(context, run, state, signal);
  else if (isSubmitted(context, run)) await startUntold(context, run.id, signal);
}

/**
 * Whether the API starts it, as it does retries of all runs. Those that schedules and backfills start themselves write their rows
 * in their workflows.
 */
function isSubmitted({ project }: ServerContext, { id, workflowId, backfill, partition }: Run): boolean {
  // That of a schedule's start names the time as Temporal writes it.
  if (workflowId !== runWorkflowId(project, id)) return false;
  return backfill === null || !isBackfillRunId(id, backfill, partition ?? '');
}

async function startUntold(context: ServerContext, id: string, signal: AbortSignal | undefined): Promise<void> {
  // Whole: what is listed may lack its parameters.
  const row = await context.metadata.runs.get(id);
  if (row?.status !== 'pending' || signal?.aborted) return;
  await startPending(context, row);
  context.log.warn({ run: id }, 'Temporal did not know of a run that waited for it: it was started');
}

/** @returns whether the row is ended now, or was by somebody else. */
export async function reconcileRun(
  context: ServerContext,
  temporal: TemporalGateway,
  run: Pick<Run, 'id' | 'workflowId' | 'status'>,
): Promise<boolean> {
  return run.workflowId !== null && endUntold(context, run, await temporal.describe(run.workflowId));
}

async function endUntold(
  context: ServerContext,
  run: Pick<Run, 'id' | 'status'>,
  state: WorkflowState | null,
  signal?: AbortSignal,
): Promise<boolean> {
  const error = errorOf(run, state);
  if (error === null || signal?.aborted) return false;
  // The workflow writes the end before it closes, so what is not written by now never will be.
  const row = await context.metadata.runs.outline(run.id);
  if (row === null || hasEnded(row)) return true;
  const status = state?.closing === 'cancelled' ? 'cancelled' : 'failed';
  await context.metadata.runs.end(run.id, { status, output: null, error, at: state?.closedAt ?? context.now() });
  await giveBackSlotsOf(context, run.id);
  context.log.warn({ run: run.id, status }, error);
  return true;
}

/** Why a run is to be ended; null when it is not. */
function errorOf(run: Pick<Run, 'status'>, state: WorkflowState | null): string | null {
  // Temporal never got a pending run that it does not know: that one is still to be started, or cancelled.
  if (state === null) return run.status === 'running' ? UNKNOWN : null;
  return state.closing && ERROR_OF[state.closing];
}

async function settledRuns(context: ServerContext): Promise<readonly Run[]> {
  const open = await openRuns(context);
  const before = context.now() - SETTLED_AFTER_MS;
  return open.filter((run) => run.driver === 'temporal' && run.createdAt < before);
}

function logFailure({ log }: ServerContext, error: unknown, signal: AbortSignal): void {
  if (signal.aborted) return;
  if (error instanceof TemporalAway) log.debug({ err: error }, 'runs are reconciled once Temporal answers');
  else log.error({ err: error }, 'runs could not be reconciled');
}
