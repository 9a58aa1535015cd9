import type { JsonObject } from '../json.ts';
import { TaskFailed } from './task-failure.ts';

/** In the place of a value that travelled by reference and is not to be had any more; its one field says why. */
const LOST = 'millrace:lost';

export function lostPayload(why: string): JsonObject {
  return { [LOST]: why };
}

/** Why the value was lost; null for any other value. */
export function whyLost(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !(LOST in value)) return null;
  return String(value[LOST]);
}

/**
 * The value that came, whatever it is.
 *
 * @throws TaskFailed for one that was lost on its way.
 */
export function refuseLost<T>(value: T): T {
  const message = whyLost(value);
  if (message === null) return value;
  throw payloadLost(message);
}

export function payloadLost(message: string): TaskFailed {
  return new TaskFailed({ kind: 'environment', name: 'PayloadLost', message, stack: null, retryable: false });
}
