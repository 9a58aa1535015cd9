import { isAlive, type ProcessIdentity } from '../../platform/process-identity.ts';
import { killTree, sendSignal } from '../../platform/signals.ts';

/**
 * Ends a process: asks first, and after the grace period makes it. The whole group goes when it leads one.
 *
 * @returns false when it was gone already.
 */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<boolean> {
  if (!(await isAlive(identity))) return false;
  sendSignal(identity.pid, 'SIGTERM');
  for (const until = Date.now() + graceMs; Date.now() < until; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (!(await isAlive(identity))) return true;
  }
  killTree(identity.pid);
  return true;
}
