import type { Stats } from 'node:fs';
import { lstat, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Digest } from '../../../ir/digest.ts';
import { canonicalJson } from '../../../ir/json.ts';
import { ArtifactError } from '../artifact-store.ts';
import { putBlob } from './blobs.ts';
import { digestOfManifest, filesIn, type ManifestEntry, unsafe } from './content.ts';
import { copyFileIn, copyFolderIn } from './copy-in.ts';
import { flushFolder, makeParent } from './durable.ts';
import { type FolderLayout, isInside, shardedPath } from './layout.ts';
import { temporaryName } from './leftovers.ts';
import { sealFile, sealFolder } from './seal.ts';
import { codeOf, storageError } from './storage-error.ts';
import type { VerifiedContent } from './verified-content.ts';

/** Content that is flushed and digested: in its place, or one rename away from it. */
export interface TakenIn {
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
  /** Of a folder. */
  readonly manifest: readonly ManifestEntry[] | null;
}

interface Source {
  readonly path: string;
  readonly stats: Stats;
}

/**
 * Takes a file or folder into the store: whole and flushed, or not at all.
 *
 * @param arriving Is waited for between digest and rename; what it throws keeps the content out.
 */
export async function takeIn(
  layout: FolderLayout,
  verified: VerifiedContent,
  given: string,
  arriving: (digest: Digest) => Promise<void> = async () => {},
): Promise<TakenIn> {
  const incoming = join(layout.incoming, temporaryName());
  const aside = join(layout.incoming, temporaryName());
  try {
    const staged = await stage(layout, await sourceAt(given), incoming);
    await arriving(staged.digest);
    if (staged.manifest) await putBlob(layout, Buffer.from(canonicalJson(staged.manifest)));
    const path = shardedPath(staged.manifest ? layout.folders : layout.files, staged.digest);
    await putInPlace(verified, staged, path, aside);
    return { ...staged, path };
  } catch (error) {
    throw storageError(error, `${given} cannot be stored`);
  } finally {
    await rm(incoming, { recursive: true, force: true });
    await rm(aside, { recursive: true, force: true });
  }
}

/** @throws ArtifactError `missing` or `unsafePath`. */
async function sourceAt(given: string): Promise<Source> {
  try {
    const stats = await lstat(given);
    if (!stats.isFile() && !stats.isDirectory()) throw unsafe(given);
    return { path: join(await realpath(dirname(given)), basename(given)), stats };
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new ArtifactError('missing', `There is nothing at ${given} to store. Write the file before it is put.`);
  }
}

/** Copies the source, or leaves it in its scratch folder, from where it will be moved: nobody else writes there. */
async function stage(layout: FolderLayout, { path, stats }: Source, incoming: string): Promise<TakenIn> {
  const inScratch = isInside(layout.scratch, path) && (await isUnshared(path, stats));
  if (stats.isDirectory()) {
    const manifest = inScratch ? await sealFolder(path) : await copyFolderIn(path, incoming);
    const size = manifest.reduce((sum, entry) => sum + entry.size, 0);
    return { path: inScratch ? path : incoming, digest: digestOfManifest(manifest), size, manifest };
  }
  const content = inScratch ? await sealFile(path) : await copyFileIn(path, incoming);
  return { path: inScratch ? path : incoming, ...content, manifest: null };
}

/** A file with a second name can be changed through it. */
async function isUnshared(path: string, stats: Stats): Promise<boolean> {
  if (!stats.isDirectory()) return stats.nlink === 1;
  for (const file of await filesIn(path)) {
    if ((await lstat(join(path, file))).nlink !== 1) return false;
  }
  return true;
}

/** Renames content to its place, unless it is there; content that was damaged meanwhile makes way. */
async function putInPlace(verified: VerifiedContent, staged: TakenIn, path: string, aside: string): Promise<void> {
  const state = await verified.stateOf(path, staged.digest);
  if (state === 'whole') return;
  await makeParent(path);
  // A file is replaced by the rename itself; a folder with something in it is not.
  if (staged.manifest && state === 'corrupt') await rename(path, aside);
  try {
    await rename(staged.path, path);
  } catch (error) {
    const another = ['ENOTEMPTY', 'EEXIST'].includes(codeOf(error));
    // What another process puts at the same moment is the same folder.
    if (!another || (await verified.stateOf(path, staged.digest)) !== 'whole') throw error;
  }
  await flushFolder(dirname(path));
}
