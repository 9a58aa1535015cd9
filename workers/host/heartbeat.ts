import type { Progress } from './attempt-services.ts';
import type { AttemptDetails } from './task-host.ts';

/** Tells that an attempt is alive, whatever its handler does meanwhile. */
export interface Heartbeat {
  /** From now on the attempt runs, and this says how far it is. */
  readonly running: (progress: () => Progress) => void;
  readonly end: () => void;
}

const BEAT_MS = 800;

export function startHeartbeat(tell: (details: AttemptDetails) => void): Heartbeat {
  let current = (): AttemptDetails => ({ phase: 'waiting', share: null, message: null });
  tell(current());
  const timer = setInterval(() => tell(current()), BEAT_MS);
  return {
    running: (progress) => {
      current = () => ({ phase: 'running', ...progress() });
    },
    end: () => clearInterval(timer),
  };
}
