import { chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Digest } from '../../../ir/digest.ts';
import { digestFile, filesIn, type ManifestEntry } from './content.ts';
import { flushFile, flushFolder, READ_ONLY } from './durable.ts';

/** Readies a file to be moved into the store from where it lies. */
export async function sealFile(path: string): Promise<{ digest: Digest; size: number }> {
  await flushFile(path);
  await chmod(path, READ_ONLY);
  return digestFile(path);
}

export async function sealFolder(folder: string): Promise<readonly ManifestEntry[]> {
  const entries: ManifestEntry[] = [];
  const folders = new Set([folder]);
  for (const path of await filesIn(folder)) {
    entries.push({ path, ...(await sealFile(join(folder, path))) });
    for (let parent = dirname(join(folder, path)); parent !== folder; parent = dirname(parent)) folders.add(parent);
  }
  // Scratch folders are made for their owner alone; what is stored is for all who may reach the store.
  await chmod(folder, 0o755);
  for (const parent of folders) await flushFolder(parent);
  return entries;
}
