import { createHash } from 'node:crypto';
import type { ApprovalOpened, MessageWritten, PartitionLate, RunEnded } from '../../ir/event-facts.ts';
import { messageText } from '../../ir/message-text.ts';
import type { Event } from '../../store/metadata/event-table.ts';
import type { Message, NewDelivery, Notification, NotifiedEvent } from '../../store/metadata/notification-table.ts';

const OF_STATUS: Readonly<Record<RunEnded['status'], NotifiedEvent>> = {
  failed: 'runFailed',
  succeeded: 'runSucceeded',
  cancelled: 'runCancelled',
};

/** What an event is for people; null for one that nobody is told of. */
export function messageOf(event: Event): Message | null {
  switch (event.kind) {
    case 'runEnded':
      return ofRun(event);
    case 'approvalOpened':
      return ofApproval(event);
    case 'messageWritten':
      return ofMessage(event);
    case 'partitionLate':
      return ofLate(event);
    default:
      return null;
  }
}

function ofRun({ run, pipeline, status, error, partition, at }: Event<RunEnded>): Message {
  const of = partition === null ? '' : ` for ${partition}`;
  return {
    ...{ event: OF_STATUS[status], at, pipeline, run, task: null, detail: error && messageText(error) },
    title: `Run ${run} of ${pipeline}${of} ${status === 'cancelled' ? 'was cancelled' : status}`,
    next: `millrace runs get ${run}`,
  };
}

function ofApproval({ run, pipeline, task, message, at }: Event<ApprovalOpened>): Message {
  return {
    ...{ event: 'approvalDue', at, pipeline, run, task, detail: message && messageText(message) },
    title: `Run ${run} of ${pipeline} waits for a decision on ${task}`,
    next: `millrace runs approve ${run} '${task}'`,
  };
}

function ofMessage({ run, pipeline, task, text, at }: Event<MessageWritten>): Message {
  return {
    ...{ event: 'message', at, pipeline, run, task, detail: messageText(text) },
    title: `Message of run ${run} of ${pipeline}`,
    next: `millrace runs get ${run}`,
  };
}

function ofLate({ trigger, pipeline, partition, path, due, at }: Event<PartitionLate>): Message {
  const place = path === null ? '' : `, at ${path}`;
  return {
    ...{ event: 'partitionLate', at, pipeline, run: null, task: null, detail: `It was due at ${due}${place}.` },
    title: `Partition ${partition} of ${pipeline} has not arrived`,
    next: `millrace triggers get ${trigger}`,
  };
}

/** What notifications tell of an event. The id is made of both, so that it is enqueued once, by whoever reads the event. */
export function deliveriesOf(
  event: Event,
  notifications: readonly Notification[],
  createdAt: number,
): readonly NewDelivery[] {
  const message = messageOf(event);
  if (message === null) return [];
  return notifications
    .filter((notification) => isTold(notification, message, event))
    .map(({ name: notification }) => ({ id: idOf(notification, event.key), notification, message, createdAt }));
}

/** A notification tells nothing of what happened before it was made. */
function isTold({ name, events, pipelines, since }: Notification, message: Message, event: Event): boolean {
  if (event.sequence <= since) return false;
  // Whoever is named is told, whatever else it tells of.
  if (event.kind === 'messageWritten' && event.channel !== null) return event.channel === name;
  const { pipeline } = message;
  const isOfPipeline = pipelines === null || (pipeline !== null && pipelines.includes(pipeline));
  return events.some((each) => each === message.event) && isOfPipeline;
}

function idOf(notification: string, key: string): string {
  return createHash('sha256')
    .update(JSON.stringify([notification, key]))
    .digest('hex')
    .slice(0, 32);
}
