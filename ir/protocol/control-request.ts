import type { Digest } from '../digest.ts';
import type { JsonValue } from '../json.ts';
import type { CacheLookup, TaskOrigin } from './task-dispatch.ts';
import type { TaskFailure } from './task-failure.ts';
import type { TaskOrder } from './task-order.ts';

/** Something small that the control queue's worker does at once: a look-up, a light task, the digest of an input. */
export type ControlRequest =
  | {
      readonly kind: 'lookUp';
      readonly order: TaskOrder;
      readonly retryOf: string | null;
      /** The task that the last answer named as under way; left out the first time. */
      readonly awaited?: TaskOrigin;
    }
  | { readonly kind: 'light'; readonly order: TaskOrder }
  | { readonly kind: 'digest'; readonly order: TaskOrder };

/**
 * `later`: not answered yet, for the answers would be too large together, or the worker has no turn for the light task. To
 * be asked again.
 */
export type ControlAnswer =
  | { readonly kind: 'later' }
  | { readonly kind: 'lookUp'; readonly lookup: CacheLookup }
  | { readonly kind: 'light'; readonly output: JsonValue }
  | { readonly kind: 'digest'; readonly digest: Digest }
  | { readonly kind: 'failed'; readonly failure: TaskFailure };
