import { access, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Digest, digestOfBytes } from '../../../ir/digest.ts';
import { ArtifactError } from '../artifact-store.ts';
import { flushFolder, makeParent } from './durable.ts';
import { type FolderLayout, shardedPath } from './layout.ts';
import { temporaryName } from './leftovers.ts';
import { codeOf, storageError } from './storage-error.ts';

export async function putBlob(layout: FolderLayout, bytes: Uint8Array): Promise<Digest> {
  const digest = digestOfBytes(bytes);
  const path = shardedPath(layout.blobs, digest);
  // A damaged copy is replaced, so that storing anew is the cure for what `getBlob` complains of.
  if (await isWhole(path, digest)) return digest;
  const incoming = join(layout.incoming, temporaryName());
  try {
    await writeFlushed(incoming, bytes);
    await makeParent(path);
    await rename(incoming, path);
    await flushFolder(dirname(path));
    return digest;
  } catch (error) {
    await rm(incoming, { force: true });
    throw storageError(error, `Blob ${digest} (${bytes.length} bytes) cannot be stored`);
  }
}

export async function getBlob(layout: FolderLayout, digest: Digest): Promise<Uint8Array> {
  const path = shardedPath(layout.blobs, digest);
  const bytes = await readBlob(path);
  if (bytes === null) {
    throw new ArtifactError(
      'missing',
      `Blob ${digest} is not at ${path}: it was removed, or another store holds it. Restore it, or submit the pipeline again.`,
    );
  }
  const found = digestOfBytes(bytes);
  if (found === digest) return bytes;
  throw new ArtifactError(
    'corrupt',
    `Blob ${digest} at ${path} was changed: its digest is ${found}. Store it again, for a pipeline by submitting it, or restore it from a backup.`,
  );
}

export async function hasBlob(layout: FolderLayout, digest: Digest): Promise<boolean> {
  try {
    await access(shardedPath(layout.blobs, digest));
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
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
