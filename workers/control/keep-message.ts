import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { MetadataStore } from '../../store/metadata/metadata-store.ts';
import type { NotifyRequest } from '../../workflows/execution-port.ts';

/**
 * Writes what a task tells people, as an event that the API's outbox is filled from. By the task's place in its run: delivered
 * twice, it is told once.
 *
 * @throws TaskFailed for a notification that there is not: what nobody would ever be told is not kept.
 */
export async function keepMessage(
  { task, text, channel }: NotifyRequest,
  { events, notifications }: MetadataStore,
  now: number,
): Promise<void> {
  const { runId: run, pipeline, path } = task;
  if (channel !== null && (await notifications.get(channel)) === null) throw noNotification(task, channel);
  await events.append(
    `messageWritten:${run}:${path}`,
    { kind: 'messageWritten', run, pipeline, task: path, text, channel },
    now,
  );
}

function noNotification({ project, path }: NotifyRequest['task'], channel: string): TaskFailed {
  const message =
    `Notify '${path}' names the notification '${channel}', which project ${project} does not have. ` +
    `Make it (millrace notifications create ${channel} --channel … --on message), or name one of \`millrace notifications list\`.`;
  return new TaskFailed({ kind: 'environment', name: 'NoSuchNotification', message, stack: null, retryable: false });
}
