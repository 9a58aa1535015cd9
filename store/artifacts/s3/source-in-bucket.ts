import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Digest, digestOfBytes, isDigest } from '../../../ir/digest.ts';
import { ArtifactError } from '../artifact-store.ts';
import type { Content, ContentSource } from '../cache/content-cache.ts';
import { digestFile, type ManifestEntry } from '../folder/content.ts';
import type { Bucket } from './bucket.ts';
import { downloadFile } from './download-file.ts';
import { keyOf, uriOf } from './object-keys.ts';
import { getObject } from './objects.ts';
import { createSlots, inSlots } from './slots.ts';

/** Files of a folder that are asked for at once; how much of them is in memory, the bucket's slots bound. */
const FILES_AT_ONCE = 16;

/** How content of this project comes from a bucket, and what is said of content that is not what it was. */
export function sourceInBucket(bucket: Bucket, project: string, content: Content): ContentSource {
  const at: Place = { bucket, project };
  if (content.kind === 'file') {
    return {
      bring: (target) => bringFile(at, content.digest, target),
      changed: async (_target, found) => changed(at, content, found),
    };
  }
  let manifest: readonly ManifestEntry[] = [];
  return {
    async bring(target) {
      manifest = await readManifest(at, content.digest);
      await mkdir(target);
      await inSlots(createSlots(FILES_AT_ONCE), manifest, async ({ path, digest }) => {
        await mkdir(dirname(join(target, path)), { recursive: true });
        await bringFile(at, digest, join(target, path));
      });
    },
    async changed(target, found) {
      for (const { path, digest } of manifest) {
        const file = await digestFile(join(target, path));
        if (file.digest !== digest) return changed(at, { kind: 'file', digest }, file.digest);
      }
      return changed(at, content, found);
    },
  };
}

interface Place {
  readonly bucket: Bucket;
  readonly project: string;
}

async function bringFile({ bucket, project }: Place, digest: Digest, target: string): Promise<void> {
  const isThere = await downloadFile(bucket, keyOf(bucket.place, project, 'files', digest), target);
  if (!isThere) throw missing({ bucket, project }, { kind: 'file', digest });
}

/** @throws ArtifactError `missing`, `corrupt`, `unsafePath` or `unavailable`. */
export async function readManifest(at: Place, digest: Digest): Promise<readonly ManifestEntry[]> {
  const { bucket, project } = at;
  const bytes = await getObject(bucket, keyOf(bucket.place, project, 'folders', digest));
  if (bytes === null) throw missing(at, { kind: 'folder', digest });
  const found = digestOfBytes(bytes);
  if (found !== digest) throw changed(at, { kind: 'folder', digest }, found);
  const manifest = JSON.parse(Buffer.from(bytes).toString()) as readonly ManifestEntry[];
  // Its digest says that it is the one that was meant, and not who meant it.
  if (!manifest.every(isSafe)) throw unsafe(at, digest);
  return manifest;
}

function isSafe({ path, digest }: ManifestEntry): boolean {
  const climbs = path.split('/').some((segment) => ['', '.', '..'].includes(segment) || /[\\\0]/.test(segment));
  return isDigest(digest) && !climbs;
}

function missing({ bucket, project }: Place, content: Content): ArtifactError {
  return new ArtifactError(
    'missing',
    `Artifact ${content.digest} is not at ${uriOf(bucket.place, project, content)}: it was removed, or another store holds it. Restore it, or run the task that makes it again.`,
  );
}

function changed({ bucket, project }: Place, content: Content, found: Digest): ArtifactError {
  return new ArtifactError(
    'corrupt',
    `Artifact ${content.digest} at ${uriOf(bucket.place, project, content)} was changed: its digest is ${found}. Remove that object, and the next run that needs it makes it again; or restore an earlier version of it.`,
  );
}

function unsafe({ bucket, project }: Place, digest: Digest): ArtifactError {
  const uri = uriOf(bucket.place, project, { kind: 'folder', digest });
  return new ArtifactError(
    'unsafePath',
    `The manifest of artifact ${digest} at ${uri} names files outside of their folder, which no step of Millrace's has written. See who may write to the bucket.`,
  );
}
