import { join } from 'node:path';
import type { ArtifactStore } from './artifacts/artifact-store.ts';
import { openFolderStore } from './artifacts/folder-store.ts';
import type { S3Place } from './artifacts/s3/s3-place.ts';
import { openFolderPayloads } from './payloads/folder-payloads.ts';
import type { PayloadStore } from './payloads/payload-store.ts';

/** What is kept by digest, and where. */
export interface ContentSettings {
  readonly home: string;
  readonly project: string;
  readonly artifacts: ArtifactPlace;
}

/** The folder `artifacts` of the home, or a bucket with a cache in the home. */
export type ArtifactPlace =
  | { readonly kind: 'folder' }
  | { readonly kind: 's3'; readonly place: S3Place; readonly cacheBytes: number };

export interface Content {
  readonly artifacts: ArtifactStore;
  readonly payloads: PayloadStore;
  close(): void;
}

/** @throws ArtifactError when the folder cannot be made, or the bucket not be reached. */
export async function openContent({ home, project, artifacts }: ContentSettings): Promise<Content> {
  if (artifacts.kind === 's3') return openInBucket(home, project, artifacts);
  const place = { root: join(home, 'artifacts'), project };
  return { artifacts: await openFolderStore(place), payloads: await openFolderPayloads(place), close: () => {} };
}

async function openInBucket(
  home: string,
  project: string,
  { place, cacheBytes }: Extract<ArtifactPlace, { kind: 's3' }>,
): Promise<Content> {
  // The SDK takes a third of a second to load, which nobody with a folder should wait for.
  const [{ openBucket }, { openS3Store }, { openS3Payloads }] = await Promise.all([
    import('./artifacts/s3/bucket.ts'),
    import('./artifacts/s3-store.ts'),
    import('./payloads/s3-payloads.ts'),
  ]);
  const bucket = await openBucket({ place });
  try {
    const cache = { root: join(home, 'artifact-cache'), bytes: cacheBytes };
    const artifacts = await openS3Store({ bucket, project, cache });
    return { artifacts, payloads: openS3Payloads(bucket, project), close: () => bucket.close() };
  } catch (error) {
    bucket.close();
    throw error;
  }
}
