import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { exists } from './signals.ts';

/** A process, told from a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** As the operating system tells it; null where it does not. */
  readonly startedAt: string | null;
}

/** A process that another machine, or another container, may read of: there its number means nothing. */
export interface PlacedProcess extends ProcessIdentity {
  readonly host: string;
}

export async function identify(pid: number): Promise<ProcessIdentity> {
  return { pid, startedAt: await startTime(pid) };
}

export async function identifySelf(): Promise<PlacedProcess> {
  return { host: await numberingOf(), ...(await identify(process.pid)) };
}

/** Whether the very process still runs. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const startedAt = await startTime(identity.pid);
  // Asked last: one that ends in between has no time that could be read either.
  if (!exists(identity.pid)) return false;
  return identity.startedAt === null || startedAt === null || startedAt === identity.startedAt;
}

/** Whether the process has ended for certain: of one on another host nobody here can tell. */
export async function hasDied({ host, ...identity }: PlacedProcess): Promise<boolean> {
  return host === (await numberingOf()) && !(await isAlive(identity));
}

/**
 * Within what process numbers are given: the machine, and where containers share its name, their namespace. Several machines
 * may have one name; none has another's boot.
 */
async function numberingOf(): Promise<string> {
  const parts = [hostname(), await bootOf(), await namespaceOf()];
  return parts.filter((part) => part !== '').join(' ');
}

async function bootOf(): Promise<string> {
  if (process.platform === 'linux')
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
  if (process.platform !== 'darwin') return '';
  const said = promisify(execFile)('sysctl', ['-n', 'kern.bootsessionuuid']).catch(() => ({ stdout: '' }));
  return (await said).stdout.trim();
}

function namespaceOf(): Promise<string> {
  return process.platform === 'linux' ? readlink('/proc/self/ns/pid').catch(() => '') : Promise.resolve('');
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
    // One time has to read the same to processes of other languages and time zones.
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    return (await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], { env })).stdout.trim() || null;
  } catch {
    return null;
  }
}
