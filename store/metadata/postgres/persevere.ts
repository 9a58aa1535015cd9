import { setTimeout as delay } from 'node:timers/promises';
import { isContended, isLost, postgresError } from './postgres-error.ts';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;
/** Transactions that stand in each other's way are short. */
const CONTENDED_MS = 30_000;

/**
 * Tries again what failed for a lost connection or for another transaction, until it has done so for as long as that may
 * take: a server that is started again, or its stand-in, is back within a while.
 *
 * @param name What people know the database by.
 * @param awayMs How long a server may be away.
 * @throws MetadataError or ConstraintError.
 */
export async function persevere<T>(name: string, awayMs: number, attempt: () => Promise<T>): Promise<T> {
  let since: number | null = null;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (error) {
      since ??= Date.now();
      if (Date.now() - since >= patienceWith(error, awayMs)) throw postgresError(name, error);
    }
    // Not in step with others who lost the same server.
    await delay(pauseMs * (0.5 + Math.random() / 2));
  }
}

function patienceWith(error: unknown, awayMs: number): number {
  if (isContended(error)) return CONTENDED_MS;
  return isLost(error) ? awayMs : 0;
}
