import type { S3Client } from '@aws-sdk/client-s3';
import { type AsyncBuffer, parquetMetadataAsync } from 'hyparquet';

/** A file that was found, of which parts can be read. */
export interface FoundFile {
  readonly name: string;
  readonly open: () => Promise<AsyncBuffer>;
}

/** Footers of most files are smaller; of another the rest is read, too. */
const FOOTER_BYTES = 64 * 1024;

/**
 * How many rows a Parquet file has, by its footer alone.
 *
 * @throws Error for what is no whole Parquet file, as one that is still being written
 */
export async function parquetRows({ name, open }: FoundFile): Promise<number> {
  try {
    const metadata = await parquetMetadataAsync(await open(), { initialFetchSize: FOOTER_BYTES, geoparquet: false });
    return Number(metadata.num_rows);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The rows of ${name} cannot be counted, for its end does not read as Parquet's: ${why}`, { cause });
  }
}

interface FoundObject {
  readonly bucket: string;
  readonly key: string;
  /** In bytes. */
  readonly size: number;
}

/** Parts of an object, by requests for their ranges. */
export function objectRange(client: S3Client, { bucket, key, size }: FoundObject, signal: AbortSignal): AsyncBuffer {
  return {
    byteLength: size,
    slice: async (start, end = size) => {
      const { GetObjectCommand } = await import('@aws-sdk/client-s3');
      const asked = { Bucket: bucket, Key: key, Range: `bytes=${start}-${end - 1}` };
      const { Body } = await client.send(new GetObjectCommand(asked), { abortSignal: signal });
      const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
      return bytes.slice().buffer;
    },
  };
}
