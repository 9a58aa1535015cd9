import { rm, writeFile } from 'node:fs/promises';
import { describe } from 'vitest';
import type { Digest } from '../../ir/digest.ts';
import { openBucket } from '../artifacts/s3/bucket.ts';
import { keyOf } from '../artifacts/s3/object-keys.ts';
import { NO_S3, onS3, useS3 } from '../testing/s3-places.ts';
import { payloadStoreSuite } from './payload-store.suite.ts';
import { openS3Payloads } from './s3-payloads.ts';

describe.skipIf(NO_S3 !== null)(onS3, () => {
  const s3 = useS3();
  payloadStoreSuite('S3', async () => {
    const place = await s3.newPlace();
    const bucket = await openBucket({ place });
    const objectAt = (project: string, digest: Digest) =>
      s3.server().pathOf(place.bucket, keyOf(place, project, 'payloads', digest));
    return {
      open: async (project) => openS3Payloads(bucket, project),
      lose: (project, digest) => rm(objectAt(project, digest)),
      damage: (project, digest) => writeFile(objectAt(project, digest), 'damaged'),
      remove: async () => bucket.close(),
    };
  });
});
