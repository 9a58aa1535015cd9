import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError, EXIT } from './cli-error.ts';

/** The home, with the folder of its logs. @throws CliError for one that cannot be made, or not be written. */
export function makeHome(home: string): void {
  const next = 'Name another home with --home or MILLRACE_HOME.';
  for (const folder of [home, join(home, 'logs')]) makeFolder(folder, next);
}

/** A folder to write in, with those above it. @throws CliError that says why it cannot be had, and then `next`. */
export function makeFolder(folder: string, next: string): void {
  try {
    makeEach(folder);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const what = existsSync(folder) ? 'written' : 'made';
    const message = `The folder ${folder} cannot be ${what}: ${reasonOf(error)}.`;
    throw new CliError(EXIT.badInput, message, { next, cause: error });
  }
}

/** One by one: Node's own way of making the missing ones never ends where a file system takes none, as in /proc. */
function makeEach(folder: string): void {
  if (existsSync(folder)) return;
  makeEach(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another command may have made it in the meantime.
    if (!existsSync(folder)) throw error;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'you have no permission there',
  EPERM: 'you have no permission there',
  EROFS: 'that disk is read-only',
  ENOSPC: 'that disk is full',
  ENOTDIR: 'a part of its path is a file',
  ENOENT: 'no folders can be made there',
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
