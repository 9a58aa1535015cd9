import { execFile } from 'node:child_process';

/** Whether there is a process of this number. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Anything but "no such process" means that there is one.
    return codeOf(error) !== 'ESRCH';
  }
}

/** @returns false when there is no such process, or none that may be signalled. */
export function sendSignal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/**
 * Kills a process and all that it started, which one signal reaches where it leads a group of its own: so each handler's
 * process and each part of a system does. What has gone already is no error.
 */
export function killTree(pid: number): void {
  // 0 would be this very process' own group.
  if (pid <= 0) return;
  if (process.platform === 'win32') execFile('taskkill', ['/pid', String(pid), '/t', '/f'], () => undefined);
  else if (!sendSignal(-pid, 'SIGKILL')) sendSignal(pid, 'SIGKILL');
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}
