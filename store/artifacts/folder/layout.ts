import { mkdir, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ArtifactRef } from '../../../ir/artifact.ts';
import { type Digest, isDigest } from '../../../ir/digest.ts';
import { ArtifactError } from '../artifact-store.ts';
import { storageError } from './storage-error.ts';

/** The folders of one project's store. */
export interface FolderLayout {
  readonly project: string;
  readonly files: string;
  readonly folders: string;
  /** Manifests of folders are blobs of the folder's own digest. */
  readonly blobs: string;
  /** What travels through Temporal by reference. Apart, for it is no artifact's and has another end. */
  readonly payloads: string;
  /** What is being written; nothing in it counts. */
  readonly incoming: string;
  readonly scratch: string;
}

export function layoutOf(project: string): FolderLayout {
  const at = (name: string) => join(project, name);
  return {
    project,
    files: at('files'),
    folders: at('folders'),
    blobs: at('blobs'),
    payloads: at('payloads'),
    incoming: at('incoming'),
    scratch: at('scratch'),
  };
}

/** The folders of a project below a root, made where they are missing. */
export async function makeLayout(root: string, project: string): Promise<FolderLayout> {
  try {
    await mkdir(join(root, project), { recursive: true });
    // Two spellings of one folder must not make two URIs of one content.
    const layout = layoutOf(await realpath(join(root, project)));
    for (const folder of Object.values(layout)) await mkdir(folder, { recursive: true });
    return layout;
  } catch (error) {
    throw storageError(error, `The artifact folder ${join(root, project)} cannot be made`);
  }
}

export function shardedPath(folder: string, digest: Digest): string {
  const hex = digest.slice('sha256:'.length);
  return join(folder, hex.slice(0, 2), hex.slice(2));
}

/**
 * Where a reference's content lies. The URI says whether it is a file or a folder, and must be the very place where
 * this store keeps that digest.
 *
 * @throws ArtifactError `unsafePath` for any other.
 */
export function contentPath(layout: FolderLayout, ref: Pick<ArtifactRef, 'digest' | 'uri'>): string {
  if (typeof ref.digest !== 'string' || typeof ref.uri !== 'string') {
    const cure = 'Give what an artifact input holds, or what a write returned.';
    throw new ArtifactError('unsafePath', `What was to be read is no artifact: it has no digest and uri. ${cure}`);
  }
  const path = localPath(ref.uri);
  if (path !== null && isDigest(ref.digest)) {
    const { digest } = ref;
    const found = [layout.files, layout.folders].find((folder) => shardedPath(folder, digest) === path);
    if (found !== undefined) return path;
  }
  throw new ArtifactError(
    'unsafePath',
    `Artifact ${ref.digest} at ${ref.uri} is not one of the store in ${layout.project}: only what its put returned can be fetched. Import outside data with importArtifact; if the store's folder was moved, move it back or set MILLRACE_HOME.`,
  );
}

/** Whether a path lies in a folder, below it. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`);
}

function localPath(uri: string): string | null {
  try {
    return fileURLToPath(uri);
  } catch {
    return null;
  }
}
