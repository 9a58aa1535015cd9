import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Digest, digestOfBytes } from '../../../ir/digest.ts';
import { ArtifactError } from '../artifact-store.ts';
import { flushFolder, makeParent } from './durable.ts';
import { type FolderLayout, shardedPath } from './layout.ts';
import { temporaryName } from './leftovers.ts';
import { codeOf, storageError } from './storage-error.ts';

type BlobFolders = Pick<FolderLayout, 'blobs' | 'incoming'>;

/** What people are told of a blob that is not what it was. */
export interface BlobWords {
  readonly name: string;
  readonly whenMissing: string;
  readonly whenChanged: string;
}

export const PLAIN: BlobWords = {
  name: 'Blob',
  whenMissing: 'Restore it, or submit the pipeline again.',
  whenChanged: 'Store it again, for a pipeline by submitting it, or restore it from a backup.',
};

export async function putBlob(folders: BlobFolders, bytes: Uint8Array, words = PLAIN): Promise<Digest> {
  const digest = digestOfBytes(bytes);
  const path = shardedPath(folders.blobs, digest);
  // A damaged copy is replaced, so that storing anew is the cure for what `getBlob` complains of.
  if (await isWhole(path, digest)) return digest;
  const incoming = join(folders.incoming, temporaryName());
  try {
    await writeFlushed(incoming, bytes);
    await makeParent(path);
    await rename(incoming, path);
    await flushFolder(dirname(path));
    return digest;
  } catch (error) {
    await rm(incoming, { force: true });
    throw storageError(error, `${words.name} ${digest} (${bytes.length} bytes) cannot be stored`);
  }
}

export async function getBlob(folders: BlobFolders, digest: Digest, words = PLAIN): Promise<Uint8Array> {
  const path = shardedPath(folders.blobs, digest);
  const bytes = await readBlob(path);
  if (bytes === null) throw missingBlob(digest, path, words);
  const found = digestOfBytes(bytes);
  if (found === digest) return bytes;
  throw changedBlob(digest, path, found, words);
}

/** @param place Where it was looked for: a path or a URI. */
export function missingBlob(digest: Digest, place: string, { name, whenMissing }: BlobWords): ArtifactError {
  const message = `${name} ${digest} is not at ${place}: it was removed, or another store holds it. ${whenMissing}`;
  return new ArtifactError('missing', message);
}

export function changedBlob(digest: Digest, place: string, found: Digest, words: BlobWords): ArtifactError {
  const message = `${words.name} ${digest} at ${place} was changed: its digest is ${found}. ${words.whenChanged}`;
  return new ArtifactError('corrupt', message);
}

/** A damaged one is not there: it has to be put again. */
export function hasBlob(folders: BlobFolders, digest: Digest): Promise<boolean> {
  return isWhole(shardedPath(folders.blobs, digest), digest);
}

async function isWhole(path: string, digest: Digest): Promise<boolean> {
  const bytes = await readBlob(path);
  return bytes !== null && digestOfBytes(bytes) === digest;
}

async function readBlob(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

async function writeFlushed(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o444);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}
