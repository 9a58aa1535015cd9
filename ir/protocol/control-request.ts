import type { Digest } from '../digest.ts';
import type { JsonValue } from '../json.ts';
import type { SlotAnswer, SlotDemand, SlotWaiter } from './slots.ts';
import type { CacheLookup, TaskAddress, TaskOrigin } from './task-dispatch.ts';
import type { TaskFailure } from './task-failure.ts';
import type { TaskOrder } from './task-order.ts';

/**
 * Something small that the control queue's worker does at once: a look-up, a light task, the digest of an input, a message, a
 * task's turn in pools.
 */
export type ControlRequest =
  | {
      readonly kind: 'lookUp';
      readonly order: TaskOrder;
      readonly retryOf: string | null;
      /** The task that the last answer named as under way; left out the first time. */
      readonly awaited?: TaskOrigin;
      /** Left out where the task is about to begin; false where it still has to wait for slots. */
      readonly claims?: false;
    }
  | { readonly kind: 'light'; readonly order: TaskOrder }
  | { readonly kind: 'digest'; readonly order: TaskOrder }
  | { readonly kind: 'notify'; readonly task: TaskAddress; readonly text: string; readonly channel: string | null }
  | SlotsWanted
  | { readonly kind: 'giveBackSlots'; readonly task: TaskAddress };

export interface SlotsWanted {
  readonly kind: 'takeSlots';
  readonly task: TaskAddress;
  readonly demands: readonly SlotDemand[];
  readonly priority: number;
  /** Of the workflow that waits; null in a run of one process. */
  readonly workflowId: string | null;
  /** How long the task may be under way, in queues and all its attempts. */
  readonly holdsMs: number;
}

/**
 * `later`: not answered yet, for the answers would be too large together, the worker has no turn for the light task, or the
 * store failed it and not others. To be asked again.
 */
export type ControlAnswer =
  | { readonly kind: 'later' }
  | { readonly kind: 'lookUp'; readonly lookup: CacheLookup }
  | { readonly kind: 'light'; readonly output: JsonValue }
  | { readonly kind: 'digest'; readonly digest: Digest }
  | { readonly kind: 'notified' }
  | { readonly kind: 'slots'; readonly answer: SlotAnswer }
  /** `next`: whose turn it may be now. */
  | { readonly kind: 'slotsGivenBack'; readonly next: readonly SlotWaiter[] }
  | { readonly kind: 'failed'; readonly failure: TaskFailure };
