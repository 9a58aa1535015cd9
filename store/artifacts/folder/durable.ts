import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** For stored files. Folders stay writable, so that their owner can remove a store. */
export const READ_ONLY = 0o444;

const IS_WINDOWS = process.platform === 'win32';

/** Flushes a file's bytes to the disk. Windows does so only through a handle that may write. */
export async function flushFile(path: string): Promise<void> {
  await flush(path, IS_WINDOWS ? 'r+' : 'r');
}

/** Flushes a folder's list of names, so that a rename into it survives a power cut. Windows has no such thing. */
export async function flushFolder(path: string): Promise<void> {
  if (!IS_WINDOWS) await flush(path, 'r');
}

/** Makes the folder that a path lies in; the one above is there. */
export async function makeParent(path: string): Promise<void> {
  const parent = dirname(path);
  const made = await mkdir(parent, { recursive: true });
  if (made !== undefined) await flushFolder(dirname(parent));
}

async function flush(path: string, flags: string): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
