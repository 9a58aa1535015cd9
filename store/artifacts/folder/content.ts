import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, digestOfJson } from '../../../ir/digest.ts';
import { ArtifactError } from '../artifact-store.ts';

/** A file of a folder; `path` is relative, with `/`. */
export interface ManifestEntry {
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
}

/** Bytes hashed in one go: about a millisecond. */
export const CHUNK = 1 << 20;

/** The sha-256 of a file as it streams by, and its size. A link at its place is refused, not followed. */
export async function digestFile(path: string): Promise<{ digest: Digest; size: number }> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of file.createReadStream({ highWaterMark: CHUNK }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: digestOf(hash), size };
}

/**
 * The files of a folder, however deep, sorted by path. Folders without files are no content.
 *
 * @throws ArtifactError `unsafePath` for links, pipes, sockets and devices.
 */
export async function filesIn(folder: string, under = ''): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(folder, under), { withFileTypes: true })) {
    const path = under === '' ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await filesIn(folder, path)));
    else if (entry.isFile()) found.push(path);
    else throw unsafe(join(folder, path));
  }
  return under === '' ? found.sort() : found;
}

export function digestOfManifest(entries: readonly ManifestEntry[]): Digest {
  return digestOfJson(entries);
}

export async function digestOfContent(path: string): Promise<Digest> {
  const stats = await lstat(path);
  if (stats.isDirectory()) return digestOfManifest(await manifestOf(path));
  if (!stats.isFile()) throw unsafe(path);
  return (await digestFile(path)).digest;
}

export async function manifestOf(folder: string): Promise<readonly ManifestEntry[]> {
  const entries: ManifestEntry[] = [];
  for (const path of await filesIn(folder)) entries.push({ path, ...(await digestFile(join(folder, path))) });
  return entries;
}

export function digestOf(hash: Hash): Digest {
  return `sha256:${hash.digest('hex')}`;
}

export function unsafe(path: string): ArtifactError {
  return new ArtifactError(
    'unsafePath',
    `${path} is neither a file nor a folder (a link, a pipe or a device), so it is not stored. Put a copy of what it stands for in its place.`,
  );
}
