import { join } from 'node:path';
import type { ArtifactKind, ArtifactRef } from '../../ir/artifact.ts';
import { canonicalJson, type JsonObject } from '../../ir/json.ts';
import { checkProjectName } from '../../ir/project-name.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { type Content, type ContentCache, openContentCache } from './cache/content-cache.ts';
import { PLAIN } from './folder/blobs.ts';
import type { ManifestEntry } from './folder/content.ts';
import type { TakenIn } from './folder/take-in.ts';
import { type BlobObjects, blobObjects } from './s3/blob-objects.ts';
import type { Bucket } from './s3/bucket.ts';
import { contentOf, keyOf, uriOf } from './s3/object-keys.ts';
import { sizeOfObject } from './s3/objects.ts';
import { createSlots, inSlots } from './s3/slots.ts';
import { sourceInBucket } from './s3/source-in-bucket.ts';
import { uploadFile } from './s3/upload-file.ts';
import { type Keep, keepsAll, keysOfArtifact, untilKept } from './stored-content.ts';

export interface S3StoreOptions {
  readonly bucket: Bucket;
  readonly project: string;
  /** A folder on a local disk, for copies of what is read and written. All processes of the machine may share it. */
  readonly cache: { readonly root: string; readonly bytes: number };
  readonly keep?: Keep;
}

/** Files of a folder that are sent at once; how much of them is in memory, the bucket's slots bound. */
const FILES_AT_ONCE = 16;

/**
 * Artifacts in a bucket: objects by digest below `prefix/project/`, in `files/`, `folders/` and `blobs/`. The files of a
 * folder are files like any others; its manifest in `folders/` is written last, and says that they are all there.
 *
 * What is put or fetched lies in the cache too, from where handlers read it.
 */
export async function openS3Store(options: S3StoreOptions): Promise<ArtifactStore> {
  const { bucket, project, keep = keepsAll } = options;
  const { root, bytes } = options.cache;
  checkProjectName(project);
  const cache = await openContentCache({ root, project, bytes });
  const store = {
    ...{ bucket, project, cache, keep },
    blobs: blobObjects(bucket, project, 'blobs', PLAIN, keep),
    manifests: blobObjects(bucket, project, 'folders', PLAIN, keep),
  };
  const { place } = bucket;
  return {
    project,
    put: (kind, source, metadata) => put(store, kind, source, metadata),
    fetch: async (ref, until) => {
      const content = contentOf(place, project, ref);
      return cache.fetch(content, sourceInBucket(bucket, project, content), until);
    },
    exists: async (ref) => {
      const content = contentOf(place, project, ref);
      const isKept = await keep(keysOfArtifact(content.digest));
      return isKept && (await sizeOfObject(bucket, objectOf(store, content))) !== null;
    },
    putBlob: (content) => store.blobs.put(content),
    getBlob: (digest) => store.blobs.get(digest),
    hasBlob: (digest) => store.blobs.has(digest),
    scratch: () => cache.scratch(),
  };
}

interface S3Store {
  readonly bucket: Bucket;
  readonly project: string;
  readonly cache: ContentCache;
  readonly keep: Keep;
  readonly blobs: BlobObjects;
  readonly manifests: BlobObjects;
}

function objectOf({ bucket, project }: S3Store, { kind, digest }: Content): string {
  return keyOf(bucket.place, project, kind === 'file' ? 'files' : 'folders', digest);
}

async function put<K extends ArtifactKind>(
  store: S3Store,
  kind: K,
  source: string,
  metadata: JsonObject,
): Promise<ArtifactRef<K>> {
  const over = new AbortController();
  try {
    // Nobody changes what lies in the cache: what is digested is what is sent.
    const taken = await store.cache.put(source, over.signal);
    const { path, digest, size, manifest } = taken;
    const files = (manifest ?? [taken]).map((file) => ({ family: 'files' as const, digest: file.digest }));
    await untilKept(store.keep, files);
    await (manifest ? sendFolder(store, path, manifest) : sendFile(store, taken));
    const uri = uriOf(store.bucket.place, store.project, { kind: manifest ? 'folder' : 'file', digest });
    return { artifact: kind, digest, uri, size, metadata };
  } finally {
    over.abort();
  }
}

function sendFile(store: S3Store, content: Pick<TakenIn, 'path' | 'digest' | 'size'>): Promise<void> {
  return uploadFile(store.bucket, objectOf(store, { kind: 'file', digest: content.digest }), content);
}

async function sendFolder(store: S3Store, path: string, manifest: readonly ManifestEntry[]): Promise<void> {
  await inSlots(createSlots(FILES_AT_ONCE), manifest, (entry) =>
    sendFile(store, { ...entry, path: join(path, entry.path) }),
  );
  const bytes = Buffer.from(canonicalJson(manifest));
  await store.blobs.put(bytes);
  await store.manifests.put(bytes);
}
