import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { inject } from 'vitest';

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

interface ShownEvent {
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
