import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDigest } from '../../../ir/digest.ts';
import type { ContentFamily, ContentKey, ContentSweep, StoredContent } from '../stored-content.ts';
import { filesIn } from './content.ts';
import { type FolderLayout, makeLayout, shardedPath } from './layout.ts';
import { temporaryName } from './leftovers.ts';
import { codeOf } from './storage-error.ts';

/** Everything that one project keeps in a folder. */
export async function openFolderSweep(root: string, project: string): Promise<ContentSweep> {
  const layout = await makeLayout(root, project);
  return {
    list: (family) => list(layout, family),
    filesOf: async () => [],
    remove: async (contents) => {
      for (const content of contents) await remove(layout, content);
    },
  };
}

async function* list(layout: FolderLayout, family: ContentFamily): AsyncGenerator<readonly StoredContent[]> {
  for (const shard of await readdir(layout[family])) {
    const names = await readdir(join(layout[family], shard));
    const found = await Promise.all(names.map((name) => contentAt(layout, family, `sha256:${shard}${name}`)));
    yield found.filter((content) => content !== null);
  }
}

async function contentAt(layout: FolderLayout, family: ContentFamily, digest: string): Promise<StoredContent | null> {
  if (!isDigest(digest)) return null;
  const path = shardedPath(layout[family], digest);
  try {
    // Of change, not of writing: a handler's file may be older than its place in the store.
    const { size, ctimeMs } = await lstat(path);
    return { family, digest, bytes: family === 'folders' ? await sizeOf(path) : size, storedAt: ctimeMs };
  } catch (error) {
    // Another process may have removed it just now.
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

async function sizeOf(folder: string): Promise<number> {
  const sizes = await Promise.all((await filesIn(folder)).map(async (file) => (await lstat(join(folder, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** By a rename, so that nobody sees a folder with some of its files; what a crash leaves aside goes with the next opening. */
async function remove(layout: FolderLayout, { family, digest }: ContentKey): Promise<void> {
  const aside = join(layout.incoming, temporaryName());
  try {
    await rename(shardedPath(layout[family], digest), aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}
