import type { SlotWaiter } from '../../ir/protocol/slots.ts';
import type { ServerContext } from '../server-context.ts';
import { TemporalAway } from '../temporal/temporal-gateway.ts';

/** Tells those whose turn it may be. Who does not hear of it asks by itself, later. */
export async function wakeWaiters({ temporal }: ServerContext, waiters: readonly SlotWaiter[]): Promise<void> {
  for (const { workflowId, path } of waiters) {
    if (temporal === null || workflowId === null) continue;
    try {
      await temporal.order(workflowId, { kind: 'wake', path });
    } catch (error) {
      if (error instanceof TemporalAway) return;
      throw error;
    }
  }
}

/** Gives back what a run had that ended without a word of its own. */
export async function giveBackSlotsOf(context: ServerContext, runId: string): Promise<void> {
  await wakeWaiters(context, await context.metadata.pools.giveBack({ runId, path: null }, context.now()));
}
