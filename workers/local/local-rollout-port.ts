import { setTimeout as delay } from 'node:timers/promises';
import type { RolloutPort } from '../../workflows/rollout-port.ts';
import type { RolloutActivities } from '../control/rollout-activities.ts';

/** A rollout's port in this process: its waits end with the process. */
export function localRolloutPort(activities: RolloutActivities): RolloutPort {
  return {
    ...activities,
    sleep: (ms) => delay(ms),
    now: async () => Date.now(),
  };
}
