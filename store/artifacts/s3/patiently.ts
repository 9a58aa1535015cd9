import { setTimeout as delay } from 'node:timers/promises';

const TRIES = 5;
const FIRST_PAUSE_MS = 100;

/** Tries again what broke off while it came. What went through the SDK's own tries carries `$metadata`, and has had enough. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let failed = 1; ; failed++) {
    try {
      return await work();
    } catch (error) {
      const wasTried = error instanceof Error && '$metadata' in error;
      if (wasTried || failed === TRIES) throw error;
      await delay(FIRST_PAUSE_MS * 2 ** failed * (0.5 + Math.random() / 2));
    }
  }
}
