import type { TaskOrigin } from './task-dispatch.ts';

/** Slots of a pool that a task needs. */
export interface SlotDemand {
  readonly pool: string;
  /** 1 or more. */
  readonly slots: number;
  /** How many the pool has where nobody has set it; null: there has to be one. */
  readonly ownSize: number | null;
}

export type SlotAnswer =
  | { readonly kind: 'granted' }
  | { readonly kind: 'waits' }
  | { readonly kind: 'noPool'; readonly pool: string };

/** A task that stands in line, or with the path `''` a run; null for the workflow of a run of one process. */
export interface SlotWaiter extends TaskOrigin {
  readonly workflowId: string | null;
}

/** What is said to be where nothing limits. */
export const NO_LIMIT = 1_000_000_000;

/** The pool that all tasks of a queue take a slot of, where it is set. */
export function queuePool(queue: string): string {
  return `${QUEUE_PREFIX}${queue}`;
}

/** The pool that all runs of a pipeline take a slot of, where it is set or the pipeline says how many there may be. */
export function pipelinePool(pipeline: string): string {
  return `${PIPELINE_PREFIX}${pipeline}`;
}

export const QUEUE_PREFIX = 'queue:';
export const PIPELINE_PREFIX = 'pipeline:';

/** Of runs that were not given one; 1 comes before 5. */
export const DEFAULT_PRIORITY = 3;

/** In the detail of a task that waits for slots: how many it wants, by pool. */
export const WAITS_FOR = 'pools';

/** The longest that who waits for something in the store lets pass before it asks again. */
export const LONGEST_PAUSE_MS = 3_600_000;

/** How long a place in line is kept without being asked for anew. */
export const STANDS_MS = 3 * LONGEST_PAUSE_MS;
