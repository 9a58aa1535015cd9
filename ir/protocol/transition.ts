import type { JsonObject, JsonValue } from '../json.ts';
import type { PipelineNode } from '../nodes/pipeline-node.ts';
import type { CacheReason, ComparedResult, TaskOrigin } from './task-dispatch.ts';
import type { TaskFailure } from './task-failure.ts';

export const RUN_STATUSES = ['pending', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const TASK_STATUSES = [
  'running',
  'waiting',
  'succeeded',
  'cached',
  'reused',
  'failed',
  'skipped',
  'cancelled',
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];
/** Of a task that has given its output. */
export const DONE_STATUSES: readonly TaskStatus[] = ['succeeded', 'cached', 'reused'];

/** What the look-up of a task found. */
export interface CacheRecord {
  readonly key: string | null;
  readonly reason: CacheReason;
  readonly detail: string;
  /** Of a task that was not run: the one whose result it has, or waits for. */
  readonly origin: TaskOrigin | null;
  readonly compared?: ComparedResult;
}

/** In an approval's detail: the id of the workflow in which it waits, where that is not the run's own. */
export const WAITS_IN = 'workflowId';

/**
 * One change of a task's state, as the interpreter saw it. `sequence` grows with each transition of a run; the store
 * keeps, of each path, the one with the greatest, so that a late or doubled write never overwrites a newer state.
 */
export interface Transition {
  readonly path: string;
  readonly sequence: number;
  /** What kind of node it is; a scope (`when`, `fanOut`, …) is a task that opens. */
  readonly kind: PipelineNode['kind'];
  readonly step: string | null;
  readonly status: TaskStatus;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly input: JsonValue;
  readonly output: JsonValue;
  readonly failure: TaskFailure | null;
  readonly cache: CacheRecord | null;
  /** For skipped tasks why, for `when` the conditions with their values, for sleeps and approvals what they wait for. */
  readonly detail: JsonObject;
}
