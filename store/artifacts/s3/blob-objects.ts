import { type Digest, digestOfBytes } from '../../../ir/digest.ts';
import { type BlobWords, changedBlob, missingBlob } from '../folder/blobs.ts';
import { type ContentFamily, type Keep, keepsAll, untilKept } from '../stored-content.ts';
import type { Bucket } from './bucket.ts';
import { keyOf } from './object-keys.ts';
import { getObject, putObject } from './objects.ts';

/** Bytes that fit into memory, an object for each digest. */
export interface BlobObjects {
  put(bytes: Uint8Array): Promise<Digest>;
  get(digest: Digest): Promise<Uint8Array>;
  /** A damaged one is not there: it has to be put again. */
  has(digest: Digest): Promise<boolean>;
}

export function blobObjects(
  bucket: Bucket,
  project: string,
  family: ContentFamily,
  words: BlobWords,
  keep: Keep = keepsAll,
): BlobObjects {
  const keyFor = (digest: Digest) => keyOf(bucket.place, project, family, digest);
  const has = async (digest: Digest) => {
    const bytes = await getObject(bucket, keyFor(digest));
    return bytes !== null && digestOfBytes(bytes) === digest;
  };
  return {
    has: async (digest) => (await keep([{ family, digest }])) && (await has(digest)),
    async put(bytes) {
      const digest = digestOfBytes(bytes);
      await untilKept(keep, [{ family, digest }]);
      const key = keyFor(digest);
      const wasWritten = await putObject(bucket, key, bytes, { digest });
      // A damaged one is replaced, so that storing anew is the cure for what `get` complains of.
      if (!wasWritten && !(await has(digest))) await putObject(bucket, key, bytes, { digest, replaces: true });
      return digest;
    },
    async get(digest) {
      const uri = `s3://${bucket.place.bucket}/${keyFor(digest)}`;
      const bytes = await getObject(bucket, keyFor(digest));
      if (bytes === null) throw missingBlob(digest, uri, words);
      const found = digestOfBytes(bytes);
      if (found !== digest) throw changedBlob(digest, uri, found, words);
      return bytes;
    },
  };
}
