import { DeleteObjectsCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { type Digest, isDigest } from '../../../ir/digest.ts';
import { ArtifactError } from '../artifact-store.ts';
import type { ContentFamily, ContentKey, ContentSweep, StoredContent } from '../stored-content.ts';
import type { Bucket } from './bucket.ts';
import { folderOf, keyOf } from './object-keys.ts';
import { s3Error } from './s3-error.ts';
import { readManifest } from './source-in-bucket.ts';

/** Objects that one request removes, at most. */
const AT_ONCE = 1_000;

/** Everything that one project keeps in a bucket. */
export function openS3Sweep(bucket: Bucket, project: string): ContentSweep {
  return {
    list: (family) => list(bucket, project, family),
    filesOf: (folder) => filesOf(bucket, project, folder),
    remove: async (contents) => {
      for (let start = 0; start < contents.length; start += AT_ONCE) {
        await remove(bucket, project, contents.slice(start, start + AT_ONCE));
      }
    },
  };
}

async function* list(
  { client, place }: Bucket,
  project: string,
  family: ContentFamily,
): AsyncGenerator<readonly StoredContent[]> {
  const prefix = folderOf(place, project, family);
  try {
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: place.bucket, Prefix: prefix })) {
      yield Contents.flatMap(({ Key = '', Size = 0, LastModified }) => {
        const digest = `sha256:${Key.slice(prefix.length).replace('/', '')}`;
        // What somebody else has laid there is left alone.
        return isDigest(digest) && LastModified
          ? [{ family, digest, bytes: Size, storedAt: LastModified.getTime() }]
          : [];
      });
    }
  } catch (error) {
    throw s3Error(error, `${prefix} cannot be listed`, place);
  }
}

/** A manifest that is lost or damaged holds nothing: its folder cannot be read any more. */
async function filesOf(bucket: Bucket, project: string, folder: Digest): Promise<readonly Digest[]> {
  try {
    return (await readManifest({ bucket, project }, folder)).map(({ digest }) => digest);
  } catch (error) {
    if (error instanceof ArtifactError && error.kind !== 'unavailable') return [];
    throw error;
  }
}

async function remove({ client, place }: Bucket, project: string, contents: readonly ContentKey[]): Promise<void> {
  const Objects = contents.map(({ family, digest }) => ({ Key: keyOf(place, project, family, digest) }));
  const what = `${contents.length} objects cannot be removed`;
  const answer = await client
    .send(new DeleteObjectsCommand({ Bucket: place.bucket, Delete: { Objects, Quiet: true } }))
    .catch((error: unknown) => {
      throw s3Error(error, what, place);
    });
  const [refused] = answer.Errors ?? [];
  if (refused === undefined) return;
  const message = `${refused.Key} cannot be removed: ${refused.Message}. See that the credentials have s3:DeleteObject below the prefix.`;
  throw new ArtifactError('unavailable', message);
}
