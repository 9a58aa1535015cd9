import { backfillWorkflowId } from '../../ir/protocol/backfill-order.ts';
import type { Backfill } from '../../store/metadata/backfill-table.ts';
import type { Page } from '../../store/metadata/metadata-store.ts';
import type { ServerContext } from '../server-context.ts';
import { TemporalAway, type TemporalGateway } from '../temporal/temporal-gateway.ts';
import { startRound } from './find-backfill.ts';

/**
 * Starts backfills that Temporal has lost, or never got, and ends those whose workflow was closed without a last word. The runs
 * that a lost one began are not begun again: each has its row. One that somebody starts at this moment is started once.
 *
 * @throws TemporalAway
 */
export async function reconcileBackfills(context: ServerContext): Promise<void> {
  const { temporal } = context;
  if (temporal === null) return;
  for (const backfill of await runningBackfills(context)) {
    await reconcile(context, temporal, backfill).catch((error: unknown) => {
      // One that cannot be asked about must not keep the others from it.
      if (error instanceof TemporalAway) throw error;
      context.log.error({ err: error, backfill: backfill.id }, 'a backfill could not be reconciled with Temporal');
    });
  }
}

async function reconcile(context: ServerContext, temporal: TemporalGateway, backfill: Backfill): Promise<void> {
  const { id, round } = backfill;
  const state = await temporal.describe(backfillWorkflowId(context.project, id, round));
  if (state === null) {
    // What Temporal lost with it is ended first, by the same passes: a run has one workflow at a time.
    if (await hasRunning(context, id)) return;
    await startRound(context, temporal, backfill);
    context.log.warn({ backfill: id }, 'Temporal did not know of a backfill: it was started again');
  } else if (state.closing !== null) {
    const status = state.closing === 'cancelled' ? 'cancelled' : 'failed';
    await context.metadata.backfills.endRound(id, round, { status, at: state.closedAt ?? context.now() });
    context.log.warn({ backfill: id, closing: state.closing }, 'the workflow of a backfill was closed before its end');
  }
}

async function hasRunning({ metadata }: ServerContext, backfill: string): Promise<boolean> {
  const { items } = await metadata.runs.list({ backfill, status: 'running', limit: 1 });
  return items.length > 0;
}

async function runningBackfills({ metadata }: ServerContext): Promise<readonly Backfill[]> {
  const found: Backfill[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Backfill> = await metadata.backfills.list({ status: 'running', cursor });
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== null);
  return found;
}
