import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import { graphFailure } from '../../ir/graph-failure.ts';
import type { JsonValue } from '../../ir/json.ts';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import type { TaskOrder } from '../../ir/protocol/task-order.ts';
import { isLarger } from './json-size.ts';
import { LARGEST_INPUT, mebibytes, sizeForPeople } from './payload-limits.ts';

/** The host on the worker enforces a task's own timeout from the handler's start; this is the bound on waiting there. */
const LONGEST_WAIT_MS = 7 * 24 * 3_600_000;
/** How soon a dead worker is found out. Handlers run beside the heart, never in its way. */
const HEARTBEAT_TIMEOUT_MS = 5_000;
type TaskActivity = (order: TaskOrder) => Promise<JsonValue>;

/** Tries a task as one activity, named as its step, on the queue that it asks for. */
export async function runActivity(dispatch: TaskDispatch, order: TaskOrder): Promise<JsonValue> {
  return activityOf(dispatch)(order);
}

function activityOf({ contract, settings, task }: TaskDispatch): TaskActivity {
  const activities = proxyActivities<Record<string, TaskActivity>>({
    taskQueue: settings.resources.queue,
    startToCloseTimeout: settings.timeoutMs + LONGEST_WAIT_MS,
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    // Attempts are counted by the interpreter, which tells a failing task from a lost worker.
    retry: { maximumAttempts: 1 },
    summary: task.path,
  });
  const activity = activities[contract.name];
  if (!activity) throw new Error(`Step '${contract.name}' cannot be called.`);
  return activity;
}

/**
 * Refuses, before anything is asked about the task, an input that nobody could take: it is one task's failure, with a
 * cure, and not the whole workflow's without.
 */
export function refuseLarge({ input, task }: TaskDispatch): void {
  if (!isLarger(input, LARGEST_INPUT)) return;
  throw graphFailure(
    `The input of '${task.path}' is ${sizeForPeople(input)} of JSON, and ${mebibytes(LARGEST_INPUT)} at most pass through ` +
      'Temporal. Pass large data as an artifact: let the step before write one, and take it as the input.',
  );
}
