import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'libsql';
import type { ProcessIdentity } from '../../platform/process-identity.ts';
import { sendSignal } from '../../platform/signals.ts';

/**
 * A process that was stopped with SQLite's write lock in its hands: in the middle of a transaction. Each is stopped for
 * some milliseconds, again and again, until one has it.
 *
 * @returns null when none was found in that time; those that were looked at go on then.
 */
export async function holderOfWriteLock(
  home: string,
  processes: readonly ProcessIdentity[],
  withinMs: number,
): Promise<ProcessIdentity | null> {
  const database = new Database(join(home, 'metadata.sqlite'), { timeout: 0 });
  try {
    for (const end = Date.now() + withinMs; Date.now() < end; await delay(2)) {
      for (const stopped of processes) {
        if (!sendSignal(stopped.pid, 'SIGSTOP')) continue;
        if (await isLocked(database)) return stopped;
        sendSignal(stopped.pid, 'SIGCONT');
      }
    }
    return null;
  } finally {
    database.close();
  }
}

/** Twice, with a pause between, for another process may have been in a transaction of its own, which has ended by then. */
async function isLocked(database: Database.Database): Promise<boolean> {
  for (let tries = 0; tries < 4; tries++, await delay(15)) {
    try {
      database.exec('begin immediate');
      database.exec('rollback');
      return false;
    } catch {
      // Locked, or busy with something that passes: the next try tells.
    }
  }
  return true;
}
