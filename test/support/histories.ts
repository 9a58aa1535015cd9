import type { WorkflowClient, WorkflowHandle } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { PART_WORKFLOW } from '../../ir/protocol/workflow-names.ts';

/** One history of a workflow, which has several where it was continued as new. */
export interface WorkflowHistory {
  readonly workflowId: string;
  readonly events: readonly temporal.api.history.v1.IHistoryEvent[];
}

/** Those of a run, then those of its parts and of theirs; a workflow's in their order. */
export async function historiesOf(
  client: WorkflowClient,
  workflowId: string,
  executionId?: string,
): Promise<readonly WorkflowHistory[]> {
  const { events } = await client.getHandle(workflowId, executionId).fetchHistory();
  const own = { workflowId, events: events ?? [] };
  const next = own.events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  const histories = next ? [own, ...(await historiesOf(client, workflowId, next))] : [own];
  for (const { childWorkflowExecutionStartedEventAttributes: started } of own.events) {
    const { workflowId: part, runId } = started?.workflowExecution ?? {};
    if (started?.workflowType?.name !== PART_WORKFLOW || !part || !runId) continue;
    histories.push(...(await historiesOf(client, part, runId)));
  }
  return histories;
}

/** Whether a workflow has dealt with its cancel: a task of it that brought the news has ended. */
export async function hasHeardOfCancel(handle: WorkflowHandle): Promise<boolean> {
  const { events } = await handle.fetchHistory();
  const told = events?.find((event) => event.workflowExecutionCancelRequestedEventAttributes);
  if (!told) return false;
  return (events ?? []).some(
    ({ workflowTaskCompletedEventAttributes: end }) => end && Number(end.startedEventId) > Number(told.eventId),
  );
}
