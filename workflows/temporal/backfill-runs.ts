import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  type ChildWorkflowHandle,
  getExternalWorkflowHandle,
  proxyActivities,
  sleep,
  startChild,
} from '@temporalio/workflow';
import {
  BACKFILL_RUN_WORKFLOW,
  type BackfillOrder,
  type BackfillRunEnd,
  type BackfillStart,
  backfillRunId,
} from '../../ir/protocol/backfill-order.ts';
import { CANCEL_GRACE_MS } from '../../ir/protocol/run-order.ts';
import type { RunStatus } from '../../ir/protocol/transition.ts';
import { runWorkflowId } from '../../ir/protocol/workflow-names.ts';
import { CONTROL_QUEUE } from '../../ir/step-contract.ts';
import { pauseBeforeAsking } from '../pause-before-asking.ts';
import type { millraceBackfillRun } from './backfill-workflow.ts';
import type { ControlActivities } from './control-activities.ts';
import { orderSignal } from './receive-orders.ts';

/** No local activity: it would be beside the one that asks for partitions. */
const { endedRuns } = proxyActivities<ControlActivities>({
  taskQueue: CONTROL_QUEUE,
  startToCloseTimeout: '1m',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
});

/** A run writes its row when it begins. One that has none for so long was terminated before, and never will. */
const WITHOUT_ROW_MS = 600_000;

/** The runs of a backfill that go on. */
export interface BackfillRuns {
  start(partition: string): void;
  count(): number;
  /** Whether all that have ended did so well. */
  areWell(): boolean;
  /** Asks all that go on to end. */
  cancel(): void;
  /** Those that go on, by id, once Temporal has begun each: a history that ends before would take some along. */
  handOver(): Promise<readonly string[]>;
}

type Started = Promise<ChildWorkflowHandle<typeof millraceBackfillRun>>;

/**
 * Runs as children, which tell their end by themselves. Those of an earlier history, and those that another workflow has
 * started, are no children of this one: what became of them is asked of the store, less and less often.
 */
export function startRuns({ project, backfill, round, isWell, live }: BackfillOrder): BackfillRuns {
  const goOn = new Map<string, Promise<unknown>>();
  /** By id, with when they were met here. */
  const elsewhere = new Map<string, number>();
  let areWell = isWell;
  const ended = (runId: string, endedWell: boolean) => {
    areWell = areWell && endedWell;
    goOn.delete(runId);
  };
  const watch = async () => {
    while (elsewhere.size > 0) {
      await sleep(pauseBeforeAsking(Date.now() - Math.max(...elsewhere.values())));
      for (const [runId, status] of await endedRuns({ project, backfill, round }, [...elsewhere.keys()])) {
        if (status === null && Date.now() - (elsewhere.get(runId) ?? 0) < WITHOUT_ROW_MS) continue;
        elsewhere.delete(runId);
        ended(runId, isGood(status));
      }
    }
  };
  const adopt = (runId: string) => {
    elsewhere.set(runId, Date.now());
    goOn.set(runId, Promise.resolve());
    if (elsewhere.size === 1) void CancellationScope.nonCancellable(watch);
  };
  for (const runId of live) adopt(runId);
  const follow = async (runId: string, started: Started) => {
    try {
      const { status } = await (await started).result();
      ended(runId, isGood(status));
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) adopt(runId);
      // It was terminated, or could not be opened.
      else ended(runId, false);
    }
  };
  return {
    count: () => goOn.size,
    areWell: () => areWell,
    start: (partition) => {
      const runId = backfillRunId(backfill, partition, round);
      const started = startRun({ project, backfill, partition, runId });
      goOn.set(runId, started);
      void follow(runId, started);
    },
    cancel: () => {
      for (const [runId, started] of goOn) tell(runWorkflowId(project, runId), started);
    },
    handOver: async () => {
      await Promise.allSettled(goOn.values());
      return [...goOn.keys()];
    },
  };
}

/** What somebody else's run has is not this backfill's to do. */
function isGood(status: BackfillRunEnd['status'] | RunStatus | null): boolean {
  return status === 'succeeded' || status === 'elsewhere';
}

function startRun(start: BackfillStart): Started {
  return startChild<typeof millraceBackfillRun>(BACKFILL_RUN_WORKFLOW, {
    workflowId: runWorkflowId(start.project, start.runId),
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    parentClosePolicy: 'ABANDON',
    taskQueue: CONTROL_QUEUE,
    args: [start],
    staticSummary: start.partition,
  });
}

/** Whether it has ended meanwhile is nothing to this. */
function tell(workflowId: string, started: Promise<unknown>): void {
  const order = { kind: 'cancel', graceMs: CANCEL_GRACE_MS } as const;
  const signal = async () => {
    await started;
    await getExternalWorkflowHandle(workflowId).signal(orderSignal, order);
  };
  void CancellationScope.nonCancellable(signal).catch(() => {});
}
