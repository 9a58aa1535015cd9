import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Digest } from '../../../ir/digest.ts';
import type { Bucket } from './bucket.ts';
import { patiently } from './patiently.ts';
import { isMissing, isPresent, isUnconditional, s3Error } from './s3-error.ts';

/** Bytes of an object; null where there is none. */
export async function sizeOfObject({ client, place }: Bucket, key: string): Promise<number | null> {
  try {
    const { ContentLength } = await client.send(new HeadObjectCommand({ Bucket: place.bucket, Key: key }));
    return ContentLength ?? 0;
  } catch (error) {
    if (isMissing(error)) return null;
    throw s3Error(error, `${key} cannot be looked for`, place);
  }
}

/** An object, or the bytes of it from `first` to `last`, whole; null where there is none. */
export async function getObject(
  bucket: Bucket,
  key: string,
  range?: { readonly first: number; readonly last: number; readonly stop: AbortSignal },
): Promise<Uint8Array | null> {
  const { client, place } = bucket;
  const part = range ? { Range: `bytes=${range.first}-${range.last}` } : {};
  try {
    // The SDK tries again until an answer begins; where it breaks off or stands still later, that is done here.
    return await patiently(async () => {
      const command = new GetObjectCommand({ Bucket: place.bucket, Key: key, ...part });
      const { Body } = await client.send(command, range ? { abortSignal: range.stop } : {});
      return (await Body?.transformToByteArray()) ?? new Uint8Array();
    });
  } catch (error) {
    if (isMissing(error)) return null;
    throw s3Error(error, `${key} cannot be read`, place);
  }
}

/**
 * Writes an object whose bytes have this sha-256, which the server checks. Where there is one already it stays, unless it
 * is to be replaced; a server that knows no conditional writes writes the same bytes again.
 *
 * @returns Whether it was written.
 */
export async function putObject(
  { client, place }: Bucket,
  key: string,
  bytes: Uint8Array,
  { digest, replaces = false }: { readonly digest: Digest; readonly replaces?: boolean },
): Promise<boolean> {
  const checksum = Buffer.from(digest.slice('sha256:'.length), 'hex').toString('base64');
  const object = { Bucket: place.bucket, Key: key, Body: bytes, ChecksumSHA256: checksum };
  try {
    const condition = replaces ? {} : { IfNoneMatch: '*' };
    await client.send(new PutObjectCommand({ ...object, ...condition })).catch((error: unknown) => {
      if (replaces || !isUnconditional(error)) throw error;
      return client.send(new PutObjectCommand(object));
    });
    return true;
  } catch (error) {
    if (isPresent(error)) return false;
    throw s3Error(error, `${key} (${bytes.length} bytes) cannot be stored`, place);
  }
}
