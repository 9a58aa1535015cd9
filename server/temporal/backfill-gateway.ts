import type { BackfillOrder, CancelBackfill } from '../../ir/protocol/backfill-order.ts';

/** What the API asks of Temporal about backfills. Throws `TemporalAway` as all of the gateway does. */
export interface BackfillGateway {
  /** Starts a round's workflow; does nothing when it was started before, whether it still runs or has ended. */
  start(order: BackfillOrder, priority: number | null): Promise<void>;
  /** @returns false when there is no such workflow under way. */
  cancel(workflowId: string, how: CancelBackfill): Promise<boolean>;
}
