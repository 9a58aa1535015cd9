import { CancellationScope, condition, proxyActivities } from '@temporalio/workflow';
import type { Pause, RunOrder } from '../../ir/protocol/run-order.ts';
import { CONTROL_QUEUE } from '../../ir/step-contract.ts';
import type { ControlActivities } from './control-activities.ts';

const { recordPause } = proxyActivities<ControlActivities>({
  taskQueue: CONTROL_QUEUE,
  startToCloseTimeout: '1m',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
});

export interface Pausing {
  pause(order: Extract<RunOrder, { kind: 'pause' }>): void;
  unpause(): void;
  /** Resolves when nothing holds the run, or the scope that asks is cancelled. */
  mayStart(): Promise<void>;
  close(): void;
}

/**
 * Holds what a run would start next. What is under way is none of its business, and timers go on. The store is told of
 * each change by one activity at a time, so that it ends with what came last.
 */
export function startPausing(project: string, runId: string): Pausing {
  let pause: Pause | null = null;
  let changes = 0;
  let closed = false;
  const set = (to: Pause | null) => {
    pause = to;
    changes++;
  };
  const tell = async () => {
    for (let told = 0; ; ) {
      await condition(() => told < changes || closed);
      if (closed) return;
      told = changes;
      // Where the store refuses it for good the run goes on as it was told.
      await recordPause(project, runId, pause, told).catch(() => undefined);
    }
  };
  void CancellationScope.nonCancellable(tell);
  return {
    pause: ({ by, note }) => {
      // Asked twice it stays with who was first.
      if (pause === null) set({ by, at: Date.now(), note });
    },
    unpause: () => {
      if (pause !== null) set(null);
    },
    mayStart: async () => {
      if (pause === null) return;
      const scope = CancellationScope.current();
      await CancellationScope.nonCancellable(() => condition(() => pause === null || scope.consideredCancelled));
    },
    close: () => {
      closed = true;
    },
  };
}
