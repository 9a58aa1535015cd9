import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import proto from '@temporalio/proto';
import { inject } from 'vitest';
import type { PayloadStore } from '../../store/payloads/payload-store.ts';
import { digestsIn } from './kept-payloads.ts';

/** What tells of the machine it was recorded on, and plays no part in a replay. */
function withoutMachine(key: string, value: unknown): unknown {
  if (key === 'stackTrace') return '';
  if (key === 'taskQueue' && isSticky(value)) return { ...value, name: 'sticky' };
  return key === 'identity' ? 'worker' : value;
}

/** The queue of one worker's cache, named for its process. */
function isSticky(queue: unknown): queue is object {
  return typeof queue === 'object' && queue !== null && 'kind' in queue && queue.kind === 'TASK_QUEUE_KIND_STICKY';
}

/** The history of a workflow, in Temporal's JSON. */
export async function showHistory(namespace: string, workflowId: string): Promise<string> {
  const at = ['--address', inject('temporalAddress'), '--namespace', namespace, '--workflow-id', workflowId];
  const show = ['workflow', 'show', '--output', 'json', ...at];
  const { stdout } = await promisify(execFile)(inject('temporalBinary'), show, { maxBuffer: 64 << 20 });
  return JSON.stringify(JSON.parse(stdout, withoutMachine));
}

interface ShownInput {
  readonly payloads?: readonly { readonly data: string }[];
}

interface ShownEvent {
  readonly activityTaskScheduledEventAttributes?: { readonly activityId: string; readonly input?: ShownInput };
  readonly startChildWorkflowExecutionInitiatedEventAttributes?: {
    readonly workflowId: string;
    readonly input?: ShownInput;
  };
  readonly childWorkflowExecutionStartedEventAttributes?: {
    readonly workflowExecution: { readonly workflowId: string };
  };
}

/** The workflows that this one has started. */
export function childrenIn(history: string): readonly string[] {
  const { events } = JSON.parse(history) as { events: readonly ShownEvent[] };
  return events.flatMap(({ childWorkflowExecutionStartedEventAttributes: started }) =>
    started ? [started.workflowExecution.workflowId] : [],
  );
}

/** What the workflow gave to each of its activities and children, by their ids. */
export async function inputsIn(history: string, payloads: PayloadStore): Promise<Readonly<Record<string, unknown>>> {
  const { events } = JSON.parse(history) as { events: readonly ShownEvent[] };
  const inputs: Record<string, unknown> = {};
  for (const event of events) {
    const activity = event.activityTaskScheduledEventAttributes;
    const child = event.startChildWorkflowExecutionInitiatedEventAttributes;
    const id = activity?.activityId ?? child?.workflowId;
    const { payloads: given = [] } = activity?.input ?? child?.input ?? {};
    if (id !== undefined) inputs[id] = await Promise.all(given.map((payload) => readPayload(payload, payloads)));
  }
  return inputs;
}

async function readPayload(payload: { readonly data: string }, payloads: PayloadStore): Promise<unknown> {
  const [digest] = digestsIn(JSON.stringify(payload));
  if (!digest) return JSON.parse(Buffer.from(payload.data, 'base64').toString());
  const kept = proto.temporal.api.common.v1.Payload.decode(await payloads.get(digest));
  return JSON.parse(Buffer.from(kept.data).toString());
}
