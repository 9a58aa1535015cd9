import { type FileHandle, open } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Digest } from '../../../ir/digest.ts';
import type { Bucket } from './bucket.ts';
import { putObject, sizeOfObject } from './objects.ts';
import { isUnconditional, s3Error } from './s3-error.ts';
import { inSlots } from './slots.ts';

/** Bytes that travel in one piece. */
export const PIECE = 8 << 20;
/** S3 takes no more of them for an object, so that those of a file above 80 GB are larger. */
const MOST_PIECES = 10_000;

/** What is to be uploaded. Nobody writes to the file meanwhile. */
export interface FileContent {
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
}

/**
 * Makes an object of a file: whole and with these bytes, or not at all. One that has that key and that size already is
 * these very bytes, and stays; of another size it was damaged, and is replaced.
 */
export async function uploadFile(bucket: Bucket, key: string, content: FileContent): Promise<void> {
  const found = await sizeOfObject(bucket, key);
  if (found === content.size) return;
  const replaces = found !== null;
  const file = await open(content.path);
  try {
    if (content.size > PIECE) await uploadInPieces(bucket, key, file, { ...content, replaces });
    else {
      await bucket.slots.run(async () => {
        const bytes = await readPiece(file, 0, content.size);
        await putObject(bucket, key, bytes, { digest: content.digest, replaces });
      });
    }
  } finally {
    await file.close();
  }
}

interface Upload {
  readonly key: string;
  readonly id: string;
  readonly size: number;
  readonly replaces: boolean;
}

async function uploadInPieces(
  bucket: Bucket,
  key: string,
  file: FileHandle,
  { size, replaces }: { readonly size: number; readonly replaces: boolean },
): Promise<void> {
  const { client, place } = bucket;
  const at = { Bucket: place.bucket, Key: key };
  let upload: Upload | null = null;
  try {
    const { UploadId = '' } = await client.send(new CreateMultipartUploadCommand(at));
    upload = { key, id: UploadId, size, replaces };
    await complete(bucket, upload, await sendPieces(bucket, upload, file));
  } catch (error) {
    // Pieces of what never became an object would be kept, and paid for, for ever.
    if (upload) await client.send(new AbortMultipartUploadCommand({ ...at, UploadId: upload.id })).catch(() => {});
    const isThere = await sizeOfObject(bucket, key).then(
      (found) => found === size,
      () => false,
    );
    // Another has put the same, or the answer to our own last word was lost.
    if (isThere) return;
    throw s3Error(error, `${key} (${size} bytes) cannot be stored`, place);
  }
}

async function sendPieces(bucket: Bucket, upload: Upload, file: FileHandle): Promise<CompletedPart[]> {
  const size = Math.max(PIECE, Math.ceil(upload.size / MOST_PIECES));
  const pieces = Array.from({ length: Math.ceil(upload.size / size) }, (_, index) => index);
  return inSlots(bucket.slots, pieces, async (index, stop) => {
    const first = index * size;
    const Body = await readPiece(file, first, Math.min(size, upload.size - first));
    const part = { Bucket: bucket.place.bucket, Key: upload.key, UploadId: upload.id, PartNumber: index + 1 };
    const command = new UploadPartCommand({ ...part, Body });
    const { ETag = '' } = await bucket.client.send(command, { abortSignal: stop });
    return { PartNumber: index + 1, ETag };
  });
}

async function complete({ client, place }: Bucket, upload: Upload, parts: CompletedPart[]): Promise<void> {
  const whole = { Bucket: place.bucket, Key: upload.key, UploadId: upload.id, MultipartUpload: { Parts: parts } };
  const condition = upload.replaces ? {} : { IfNoneMatch: '*' };
  try {
    await client.send(new CompleteMultipartUploadCommand({ ...whole, ...condition }));
  } catch (error) {
    if (isUnconditional(error)) await client.send(new CompleteMultipartUploadCommand(whole));
    else throw error;
  }
}

async function readPiece(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) throw new Error('the file became shorter while it was read');
    filled += bytesRead;
  }
  return bytes;
}
