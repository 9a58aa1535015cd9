import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../../ir/digest.ts';
import { filesIn } from '../folder/content.ts';
import { type FolderLayout, shardedPath } from '../folder/layout.ts';
import { temporaryName } from '../folder/leftovers.ts';
import { codeOf } from '../folder/storage-error.ts';
import { type HoldFolders, removeUnlessHeld } from './holds.ts';

interface Entry {
  readonly path: string;
  readonly digest: Digest;
  readonly bytes: number;
  /** Milliseconds; see `touch`. */
  readonly usedAt: number;
}

/**
 * Removes what was longest unused until the rest has `limit` bytes at most, or all of it is in use.
 *
 * @returns Whether there is more than the limit still.
 */
export async function evict(layout: FolderLayout, holds: HoldFolders, limit: number): Promise<boolean> {
  const entries = [...(await entriesIn(layout.files)), ...(await entriesIn(layout.folders))];
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { path, digest, bytes } of entries.sort((one, other) => one.usedAt - other.usedAt)) {
    if (total <= limit) return false;
    const aside = join(layout.incoming, temporaryName());
    const wasRemoved = await removeUnlessHeld(holds, digest, async () => {
      await rename(path, aside).catch(unlessGone);
      await rm(shardedPath(layout.blobs, digest), { force: true });
    });
    await rm(aside, { recursive: true, force: true });
    if (wasRemoved) total -= bytes;
  }
  return total > limit;
}

async function entriesIn(folder: string): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for (const shard of await readdir(folder)) {
    for (const rest of await readdir(join(folder, shard))) {
      const path = join(folder, shard, rest);
      const size = await sizeOf(path).catch(unlessGone);
      // Another process may remove it just now.
      if (size) found.push({ path, digest: `sha256:${shard}${rest}`, ...size });
    }
  }
  return found;
}

async function sizeOf(path: string): Promise<Pick<Entry, 'bytes' | 'usedAt'>> {
  const stats = await lstat(path);
  if (!stats.isDirectory()) return { bytes: stats.size, usedAt: stats.ctimeMs };
  const sizes = await Promise.all((await filesIn(path)).map(async (file) => (await lstat(join(path, file))).size));
  return { bytes: sizes.reduce((sum, size) => sum + size, 0), usedAt: stats.ctimeMs };
}

function unlessGone(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined;
  throw error;
}
