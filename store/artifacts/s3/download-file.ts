import { type FileHandle, open } from 'node:fs/promises';
import { storageError } from '../folder/storage-error.ts';
import type { Bucket } from './bucket.ts';
import { getObject, sizeOfObject } from './objects.ts';
import { inSlots } from './slots.ts';
import { PIECE } from './upload-file.ts';

/**
 * Writes an object to a new file, several pieces at once, each tried again by itself. Whether the bytes are the right
 * ones is for the caller to see.
 *
 * @returns Whether there is such an object; without one there is no file.
 */
export async function downloadFile(bucket: Bucket, key: string, target: string): Promise<boolean> {
  const size = await sizeOfObject(bucket, key);
  if (size === null) return false;
  const file = await open(target, 'wx').catch((error: unknown) => {
    throw storageError(error, `${key} cannot be brought to ${target}`);
  });
  try {
    const firsts = Array.from({ length: Math.ceil(size / PIECE) }, (_, index) => index * PIECE);
    const brought = await inSlots(bucket.slots, firsts, async (first, stop) => {
      const bytes = await getObject(bucket, key, { first, last: Math.min(first + PIECE, size) - 1, stop });
      if (bytes) await writeAll(file, bytes, first, target);
      return bytes !== null;
    });
    return brought.every((isThere) => isThere);
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, first: number, target: string): Promise<void> {
  try {
    for (let written = 0; written < bytes.length; ) {
      written += (await file.write(bytes, written, bytes.length - written, first + written)).bytesWritten;
    }
  } catch (error) {
    throw storageError(error, `${target} cannot be written`);
  }
}
