import { join } from 'node:path';
import type { ArtifactStore } from './artifacts/artifact-store.ts';
import { openFolderSweep } from './artifacts/folder/folder-sweep.ts';
import { openFolderStore } from './artifacts/folder-store.ts';
import type { S3Place } from './artifacts/s3/s3-place.ts';
import { type ContentSweep, type Keep, keepsAll } from './artifacts/stored-content.ts';
import { openFolderPayloads } from './payloads/folder-payloads.ts';
import type { PayloadStore } from './payloads/payload-store.ts';

/** What is kept by digest, and where. */
export interface ContentSettings {
  readonly home: string;
  readonly project: string;
  readonly artifacts: ArtifactPlace;
  /** Where collections are known of; what only tries a place out leaves it away. */
  readonly keep?: Keep;
}

/** The folder `artifacts` of the home, or a bucket with a cache in the home. */
export type ArtifactPlace =
  | { readonly kind: 'folder' }
  | { readonly kind: 's3'; readonly place: S3Place; readonly cacheBytes: number };

export interface Content {
  readonly artifacts: ArtifactStore;
  readonly payloads: PayloadStore;
  readonly sweep: ContentSweep;
  close(): void;
}

/** @throws ArtifactError when the folder cannot be made, or the bucket not be reached. */
export async function openContent(settings: ContentSettings): Promise<Content> {
  const { home, project, artifacts, keep = keepsAll } = settings;
  if (artifacts.kind === 's3') return openInBucket(settings, artifacts);
  const root = join(home, 'artifacts');
  return {
    artifacts: await openFolderStore({ root, project, keep }),
    payloads: await openFolderPayloads({ root, project, keep }),
    sweep: await openFolderSweep(root, project),
    close: () => {},
  };
}

async function openInBucket(
  { home, project, keep = keepsAll }: ContentSettings,
  { place, cacheBytes }: Extract<ArtifactPlace, { kind: 's3' }>,
): Promise<Content> {
  // The SDK takes a third of a second to load, which nobody with a folder should wait for.
  const [{ openBucket }, { openS3Store }, { openS3Payloads }, { openS3Sweep }] = await Promise.all([
    import('./artifacts/s3/bucket.ts'),
    import('./artifacts/s3-store.ts'),
    import('./payloads/s3-payloads.ts'),
    import('./artifacts/s3/s3-sweep.ts'),
  ]);
  const bucket = await openBucket({ place });
  try {
    const cache = { root: join(home, 'artifact-cache'), bytes: cacheBytes };
    const artifacts = await openS3Store({ bucket, project, cache, keep });
    const payloads = openS3Payloads(bucket, project, keep);
    return { artifacts, payloads, sweep: openS3Sweep(bucket, project), close: () => bucket.close() };
  } catch (error) {
    bucket.close();
    throw error;
  }
}
