import { execFile } from 'node:child_process';
import { mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file system of its own in memory, which can be full while the machine's disk is not. */
export interface SmallDisk {
  fill(): Promise<void>;
  empty(): Promise<void>;
  remove(): Promise<void>;
}

/** @returns null where this user may not mount, as without root. */
export async function mountSmallDisk(at: string): Promise<SmallDisk | null> {
  await mkdir(at, { recursive: true });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=600m', 'millrace-test', at]);
  } catch {
    return null;
  }
  const ballast = join(at, 'ballast');
  return {
    fill: async () => {
      // Others write meanwhile: the last pages are theirs or ours.
      for (let tries = 0; tries < 5; tries++) {
        const { bavail, bsize } = await statfs(at);
        if (bavail === 0) return;
        await run('fallocate', ['-l', String(bavail * bsize), join(at, `ballast-${tries}`)]).catch(() => undefined);
      }
    },
    empty: async () => {
      for (let tries = 0; tries < 5; tries++) await rm(`${ballast}-${tries}`, { force: true });
    },
    remove: async () => void (await run('umount', ['-l', at])),
  };
}
