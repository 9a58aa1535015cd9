import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { exists } from '../../../platform/signals.ts';

/** After this long without a change, leftovers of another host's processes are taken for dead. */
const FOREIGN_MS = 7 * 24 * 60 * 60 * 1_000;

const HOST = hostname().replaceAll(/[^A-Za-z0-9.]/g, '.');
/** Tells this process from an earlier one with its pid, as restarted containers have. */
const SELF = randomUUID().slice(0, 8);
const NAME = /^(?<host>[^-]+)-(?<pid>\d+)-(?<self>[0-9a-f]{8})-/;

/** A name that nobody else takes, and that tells who must still live for it to be in use. */
export function temporaryName(): string {
  return `${HOST}-${process.pid}-${SELF}-${randomUUID().slice(0, 8)}`;
}

/** Removes what dead processes were writing, had for scratch, or marked. */
export async function removeLeftovers(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (await isLeftover(name, path)) await rm(path, { recursive: true, force: true });
    }
  }
}

/** Whether whoever gave this temporary name is dead. */
export async function isLeftover(name: string, path: string): Promise<boolean> {
  const owner = NAME.exec(name)?.groups;
  if (owner?.host !== HOST) return Date.now() - (await changedAt(path)) > FOREIGN_MS;
  const pid = Number(owner.pid);
  return pid === process.pid ? owner.self !== SELF : !exists(pid);
}

async function changedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return Date.now();
  }
}
