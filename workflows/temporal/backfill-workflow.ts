import {
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  isCancellation,
  proxyLocalActivities,
  setHandler,
  setWorkflowOptions,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type BackfillOrder,
  type BackfillRunEnd,
  type BackfillStart,
  CANCEL_BACKFILL_SIGNAL,
  type CancelBackfill,
} from '../../ir/protocol/backfill-order.ts';
import { autoUpgrade } from './auto-upgrade.ts';
import { type BackfillRuns, startRuns } from './backfill-runs.ts';
import type { ControlActivities } from './control-activities.ts';
import { present, refuseUnreadable } from './intact.ts';
import { millraceRun } from './run-workflow.ts';

/** Tried until the store answers: a run that is not written down, and a backfill that never ends, would be lost. */
const { openBackfillRun, pendingPartitions, closeBackfill } = proxyLocalActivities<ControlActivities>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
});

/** Where a history is full: some four hundred runs, of nine events each. Those that go on then are handed over to the next. */
const FULL_EVENTS = 4_000;

const cancelSignal = defineSignal<[CancelBackfill]>(CANCEL_BACKFILL_SIGNAL);

/**
 * One round of a backfill: a run for each of its partitions, so many at once. The runs are children that stay when this ends,
 * whatever becomes of it; a run that exists is not started again, for its id is that of its partition.
 */
export async function millraceBackfill(order: BackfillOrder): Promise<void> {
  refuseUnreadable(order);
  const { project, backfill, round } = order;
  const runs = startRuns(order);
  let isCancelled = false;
  setHandler(cancelSignal, (sent) => {
    isCancelled = true;
    if (!present(sent).keepRunning) runs.cancel();
  });
  try {
    const begun = await beginAll(order, runs, () => isCancelled);
    if (begun !== null) {
      const live = await runs.handOver();
      const next = { ...order, begun, live, isWell: runs.areWell() };
      if (!isCancelled) return await continueAsNew<typeof millraceBackfill>(next);
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    isCancelled = true;
  }
  await CancellationScope.nonCancellable(async () => {
    await condition(() => runs.count() === 0);
    const status = isCancelled ? 'cancelled' : runs.areWell() ? 'succeeded' : 'failed';
    await closeBackfill({ project, backfill, round, status });
  });
}

/** A backfill may take weeks; each run that it starts begins on the version that is current then. */
setWorkflowOptions(autoUpgrade, millraceBackfill);

/** @returns how many have been begun, where the history is full; null when there is no more to begin */
async function beginAll(order: BackfillOrder, runs: BackfillRuns, isCancelled: () => boolean): Promise<number | null> {
  let { begun } = order;
  for (;;) {
    const partitions = await pendingPartitions({ ...order, begun });
    if (partitions.length === 0) return null;
    for (const partition of partitions) {
      await condition(() => runs.count() < order.concurrency || isCancelled());
      if (isCancelled()) return null;
      if (isFull()) return begun;
      runs.start(partition);
      begun += 1;
    }
  }
}

function isFull(): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength > FULL_EVENTS;
}

/** A run of a backfill: its row is settled here, once; from then on it is a run as any other. */
export async function millraceBackfillRun(start: BackfillStart): Promise<BackfillRunEnd> {
  refuseUnreadable(start);
  const { workflowId } = workflowInfo();
  // Cancelled before it has begun, it has a row all the same, which says so.
  const opening = await CancellationScope.nonCancellable(() => openBackfillRun(start, workflowId));
  if (opening.kind === 'opened') return millraceRun(opening.request);
  if (opening.kind === 'elsewhere') return { status: 'elsewhere', error: null };
  return { status: opening.status, error: opening.error };
}
