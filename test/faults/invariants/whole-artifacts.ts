import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Files that are looked at lie below the folder by their digest: `files/ab/cdef…`. */
const FAMILIES = ['files', 'blobs'] as const;

/** Half-written content: what lies at a digest's place and is not what the digest says. */
export async function brokenContentIn(folder: string): Promise<readonly string[]> {
  const broken: string[] = [];
  for (const family of FAMILIES) {
    const entries = await readdir(join(folder, family), { recursive: true, withFileTypes: true });
    for (const { parentPath, name } of entries.filter((entry) => entry.isFile())) {
      const digest = createHash('sha256')
        .update(await readFile(join(parentPath, name)))
        .digest('hex');
      if (digest !== `${basename(parentPath)}${name}`) broken.push(`${family}/${basename(parentPath)}/${name}`);
    }
  }
  return broken;
}
