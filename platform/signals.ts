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
 * Kills the group that `leader` leads: each handler's process leads one, so that one signal reaches the whole tree. A
 * group that has gone already is no error.
 */
export function killTree(leader: number): void {
  if (process.platform === 'win32') {
    execFile('taskkill', ['/pid', String(leader), '/t', '/f'], () => undefined);
    return;
  }
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    // macOS answers EPERM for a group of which only dead processes are left.
    const code = codeOf(error);
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

/** SIGKILL to the process and, where it leads a group of its own, to all in it. */
export function killGroup(pid: number): void {
  if (process.platform === 'win32' || !sendSignal(-pid, 'SIGKILL')) sendSignal(pid, 'SIGKILL');
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}
