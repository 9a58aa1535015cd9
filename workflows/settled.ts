import type { JsonValue } from '../ir/json.ts';
import type { TaskFailure } from '../ir/protocol/task-failure.ts';

/** How a node or a scope ended. */
export type Settled =
  | { readonly status: 'succeeded'; readonly value: JsonValue }
  /** `path` is the task that failed first, however deep it lies. */
  | { readonly status: 'failed'; readonly path: string; readonly failure: TaskFailure }
  | { readonly status: 'skipped'; readonly because: string }
  | { readonly status: 'cancelled' };

export function succeeded(value: JsonValue): Settled {
  return { status: 'succeeded', value };
}

/** What a scope ends as, given how its nodes did: a failure outweighs a cancellation, that a skip. */
export function firstTrouble(outcomes: readonly Settled[]): Exclude<Settled, { status: 'succeeded' }> | null {
  for (const status of ['failed', 'cancelled', 'skipped'] as const) {
    const found = outcomes.find((outcome) => outcome.status === status);
    if (found && found.status !== 'succeeded') return found;
  }
  return null;
}
