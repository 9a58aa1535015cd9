import type { SlotsWanted } from '../../ir/protocol/control-request.ts';
import { type SlotAnswer, STANDS_MS } from '../../ir/protocol/slots.ts';
import type { PoolTable } from '../../store/metadata/pool-table.ts';

/** What a task asks of the pools, with the leases that it gets. */
export function takeSlots(wanted: Omit<SlotsWanted, 'kind'>, pools: PoolTable, now: number): Promise<SlotAnswer> {
  const { task, demands, priority, workflowId, holdsMs } = wanted;
  const by = { runId: task.runId, path: task.path };
  return pools.take(
    { by, demands, priority, workflowId, standsUntil: now + STANDS_MS, holdsUntil: now + holdsMs },
    now,
  );
}
