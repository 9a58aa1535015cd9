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
  isPaused(): boolean;
  close(): void;
}

/** Told of each change, with a number that grows. */
export type TellPause = (pause: Pause | null, sequence: number) => Promise<void>;

/** Where the store refuses it for good the run goes on as it was told. */
export function tellStore(project: string, runId: string): TellPause {
  return (pause, sequence) => recordPause(project, runId, pause, sequence).catch(() => undefined);
}

/**
 * Holds what a run would start next. What is under way is none of its business, and timers go on.
 *
 * @param tell called for one change at a time, and always for the last
 */
export function startPausing(tell: TellPause): Pausing {
  let pause: Pause | null = null;
  let changes = 0;
  let closed = false;
  const set = (to: Pause | null) => {
    pause = to;
    changes++;
  };
  const tellAll = async () => {
    for (let told = 0; ; ) {
      await condition(() => told < changes || closed);
      if (closed) return;
      told = changes;
      await tell(pause, told);
    }
  };
  void CancellationScope.nonCancellable(tellAll);
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
    isPaused: () => pause !== null,
    close: () => {
      closed = true;
    },
  };
}
