import { CancellationScope, condition, getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import type { SlotWaiter } from '../../ir/protocol/slots.ts';
import { orderSignal } from './receive-orders.ts';

/** Who of a workflow stands in line for slots of pools, and may be told that it is its turn. */
export interface Turns {
  /** One that does not wait at this moment is told when it next does. */
  wake(path: string): void;
  /** All that wait now. */
  wakeThoseWaiting(): void;
  /** What was told before is settled by asking anew. */
  forget(path: string): void;
  wait(path: string, atMostMs: number): Promise<void>;
}

export function startTurns(): Turns {
  const woken = new Set<string>();
  const waiting = new Set<string>();
  return {
    wake: (path) => void woken.add(path),
    wakeThoseWaiting: () => {
      for (const path of waiting) woken.add(path);
    },
    forget: (path) => void woken.delete(path),
    wait: async (path, atMostMs) => {
      waiting.add(path);
      try {
        await condition(() => woken.has(path), atMostMs);
      } finally {
        waiting.delete(path);
      }
      // Told once, it asks once: a turn that comes to nothing must not be one for ever.
      woken.delete(path);
    },
  };
}

/** Whether they are still there is nothing to whoever tells them; one that hears of nothing asks by itself. */
export async function wakeAll(waiters: readonly SlotWaiter[], turns: Turns): Promise<void> {
  const { workflowId: own } = workflowInfo();
  const tell = async ({ workflowId, path }: SlotWaiter) => {
    if (workflowId === own) return turns.wake(path);
    if (workflowId === null) return;
    await getExternalWorkflowHandle(workflowId)
      .signal(orderSignal, { kind: 'wake', path })
      .catch(() => undefined);
  };
  await CancellationScope.nonCancellable(() => Promise.all(waiters.map(tell)));
}
