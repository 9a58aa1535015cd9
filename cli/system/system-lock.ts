import { join } from 'node:path';
import Database from 'libsql';
import { makeHome } from '../make-folder.ts';

/** Held for as long as a supervisor lives. */
export interface SystemLock {
  release(): void;
}

/**
 * The right to run the one system of a home. It is a lock of the operating system on a file (by way of SQLite), so that
 * a supervisor that was killed leaves none behind, and two that start at once cannot both have it.
 *
 * @returns null when another process has it.
 */
export function takeSystemLock(home: string): SystemLock | null {
  makeHome(home);
  const database = new Database(join(home, 'system.lock'));
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
  return { release: () => database.close() };
}
