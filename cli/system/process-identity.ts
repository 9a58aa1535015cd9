import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process, told from a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** As the operating system tells it; null where it does not. */
  readonly startedAt: string | null;
}

export async function identify(pid: number): Promise<ProcessIdentity> {
  return { pid, startedAt: await startTime(pid) };
}

/** Whether the very process still runs. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (!exists(identity.pid)) return false;
  const startedAt = await startTime(identity.pid);
  return identity.startedAt === null || startedAt === null || startedAt === identity.startedAt;
}

/**
 * Ends a process: asks first, and after the grace period makes it. The whole group goes when it leads one.
 *
 * @returns false when it was gone already.
 */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<boolean> {
  if (!(await isAlive(identity))) return false;
  signal(identity.pid, 'SIGTERM');
  for (const until = Date.now() + graceMs; Date.now() < until; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (!(await isAlive(identity))) return true;
  }
  killGroup(identity.pid);
  return true;
}

/** SIGKILL to the process and, where it leads a group of its own, to all in it. */
export function killGroup(pid: number): void {
  if (process.platform === 'win32' || !signal(-pid, 'SIGKILL')) signal(pid, 'SIGKILL');
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function startTime(pid: number): Promise<string | null> {
  try {
    if (process.platform === 'linux') {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      // The second field is the name in parentheses and may hold spaces; the start time is the 22nd.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? 'ended' : (fields[19] ?? null);
    }
    if (process.platform === 'win32') return null;
    return (await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)])).stdout.trim() || null;
  } catch {
    return null;
  }
}
