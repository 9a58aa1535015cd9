import type { temporal } from '@temporalio/proto';
import type { WorkflowHistory } from '../support/histories.ts';
import type { Struck } from './fault.ts';

/** The faults that struck while a part of the run was at work. */
export function faultsInParts(
  faults: readonly Struck[],
  [run, ...others]: readonly WorkflowHistory[],
): readonly Struck[] {
  const parts = others.filter(({ workflowId }) => workflowId !== run?.workflowId);
  return faults.filter(({ at, tookMs }) => {
    const began = Date.parse(at);
    return parts.some(({ events }) => timeOf(events[0]) <= began + tookMs && began <= timeOf(events.at(-1)));
  });
}

function timeOf(event: temporal.api.history.v1.IHistoryEvent | undefined): number {
  const { seconds, nanos } = event?.eventTime ?? {};
  return Number(seconds ?? 0) * 1_000 + (nanos ?? 0) / 1e6;
}
