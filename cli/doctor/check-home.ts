import { access, constants, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Check, ok } from './check.ts';

/** File systems on which SQLite's locks cannot be trusted, by the number that Linux gives them. */
const REMOTE: Readonly<Record<number, string>> = { 26985: 'NFS', 4283649346: 'SMB', 4266872130: 'SMB', 20859: 'SMB' };
const LEAST_FREE_BYTES = 1 << 30;
/** Below this not even a run's records can be kept. */
const FULL_BYTES = 64 << 20;

/** The home has to be writable, on a local disk, with room. */
export async function checkHome(home: string): Promise<Check> {
  const folder = await nearestExisting(home);
  const name = 'home folder';
  const isWritable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable) {
    return {
      name,
      status: 'missing',
      found: `${home} cannot be written`,
      cure: 'Name another with --home or MILLRACE_HOME.',
    };
  }
  const { type, bavail, bsize } = await statfs(folder);
  const remote = process.platform === 'linux' ? REMOTE[type] : undefined;
  if (remote !== undefined) {
    const cure = 'Name a folder on a local disk: SQLite loses data on network file systems.';
    return { name, status: 'missing', found: `${home} lies on ${remote}`, cure };
  }
  const free = freeText(bavail * bsize);
  if (bavail * bsize < FULL_BYTES) {
    const cure = 'Make room on that disk, or name another home with --home or MILLRACE_HOME.';
    return { name, status: 'missing', found: `the disk of ${home} is full (${free})`, cure };
  }
  if (bavail * bsize < LEAST_FREE_BYTES) {
    return {
      name,
      status: 'warning',
      found: `${home}, ${free}`,
      cure: 'Make room on that disk, or name another home.',
    };
  }
  return ok(name, `${home}${folder === home ? '' : ' (not made yet)'}, ${free}`);
}

function freeText(bytes: number): string {
  return bytes < 2 ** 30 ? `${Math.floor(bytes / 2 ** 20)} MiB free` : `${(bytes / 2 ** 30).toFixed(1)} GiB free`;
}

async function nearestExisting(folder: string): Promise<string> {
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  return isThere || dirname(folder) === folder ? folder : nearestExisting(dirname(folder));
}
