import type { TaskOrder } from '../../ir/protocol/task-order.ts';
import type { WorkflowHistory } from '../support/histories.ts';

/** How Temporal saw the deliveries of one task, oldest first. */
export interface Delivery {
  readonly path: string;
  readonly attempt: number;
  /** Which of its replicas; 0 for a task without. */
  readonly rank: number;
  /** The event's number, counted on from history to history: what is continued as new comes later. */
  readonly scheduled: number;
  /** Null where it did not end well. */
  readonly completed: number | null;
}

/** Those of a run and of its parts. Light tasks have none. */
export function deliveriesIn(histories: readonly WorkflowHistory[]): readonly Delivery[] {
  let before = 0;
  return histories.flatMap((history) => {
    const deliveries = deliveriesOf(history, before);
    before += history.events.length;
    return deliveries;
  });
}

function deliveriesOf({ events }: WorkflowHistory, before: number): readonly Delivery[] {
  const completed = new Map<number, number>();
  for (const { eventId, activityTaskCompletedEventAttributes: end } of events) {
    if (end) completed.set(before + Number(end.scheduledEventId), before + Number(eventId));
  }
  return events.flatMap(({ eventId, activityTaskScheduledEventAttributes: order, userMetadata }) => {
    const summary = userMetadata?.summary?.data;
    if (!order || !summary) return [];
    const scheduled = before + Number(eventId);
    const path = String(readJson(summary));
    const { attempt, replica } = readJson(order.input?.payloads?.[0]?.data) as TaskOrder;
    return [{ path, attempt, rank: replica?.rank ?? 0, scheduled, completed: completed.get(scheduled) ?? null }];
  });
}

const readJson = (data: Uint8Array | null | undefined): unknown => JSON.parse(Buffer.from(data ?? []).toString());
