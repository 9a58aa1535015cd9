import { NO_ROOM } from '../../ir/protocol/task-failure.ts';
import type { AdmissionGate, Place } from './admission-gate.ts';
import { NotGathered } from './gather.ts';
import type { AttemptRequest } from './task-host.ts';

/**
 * Waits for room on this worker: a replica so long as it may, others until there is some.
 *
 * @throws NotGathered when a replica has waited long enough; what the gate throws.
 */
export async function enterWithin(gate: AdmissionGate, { dispatch, signal }: AttemptRequest): Promise<Place> {
  const { replica, task, settings } = dispatch;
  if (replica === undefined) return gate.enter(settings.resources, signal);
  const enough = new AbortController();
  const timer = setTimeout(() => enough.abort(), replica.roomWithinMs);
  try {
    return await gate.enter(settings.resources, AbortSignal.any([signal, enough.signal]));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!enough.signal.aborted) throw error;
    const message = `Rank ${replica.rank} of task '${task.path}' found no room on this worker within ${replica.roomWithinMs} ms; another is asked.`;
    throw new NotGathered({ kind: 'worker', name: NO_ROOM, message, stack: null, retryable: true });
  } finally {
    clearTimeout(timer);
  }
}
