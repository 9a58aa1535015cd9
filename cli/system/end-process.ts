import { isAlive, type ProcessIdentity } from '../../ir/protocol/process-identity.ts';

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
