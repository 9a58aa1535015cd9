import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../../ir/digest.ts';
import { isLeftover, temporaryName } from '../folder/leftovers.ts';

/** Takes a mark away. */
export type Unmark = () => Promise<void>;

/** Marks a digest for all processes of the machine: a file, whose name tells who must still live for it to count. */
export async function mark(folder: string, digest: Digest): Promise<Unmark> {
  const path = join(folder, `${temporaryName()}-${hexOf(digest)}`);
  await writeFile(path, '');
  return () => rm(path, { force: true });
}

export async function isMarked(folder: string, digest: Digest): Promise<boolean> {
  const end = `-${hexOf(digest)}`;
  for (const name of await readdir(folder)) {
    if (name.endsWith(end) && !(await isLeftover(name, join(folder, name)))) return true;
  }
  return false;
}

function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
