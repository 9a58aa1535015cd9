import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { s3Error } from './s3-error.ts';
import type { S3Place } from './s3-place.ts';
import { createSlots, type Slots } from './slots.ts';

/** A bucket that answers, and a bound on what this process holds in memory on the way to it and back. */
export interface Bucket {
  readonly place: S3Place;
  readonly client: S3Client;
  /** A slot for each piece of a file in memory. */
  readonly slots: Slots;
  close(): void;
}

export interface BucketOptions {
  readonly place: S3Place;
  /** Milliseconds in which a request has to move on before it is given up and tried again. */
  readonly stallMs?: number;
}

/** With the SDK's backoff: some seconds where nobody answers, half a minute where the server asks for less. */
const ATTEMPTS = 6;
const CONNECT_MS = 5_000;
const STALL_MS = 30_000;
/** 8 pieces of 8 MiB: more do not make one machine's uploads faster. */
const PIECES = 8;

/**
 * Credentials are those that the AWS SDK finds: environment, profile, web identity, container or instance role.
 *
 * @throws ArtifactError `unavailable` when the bucket cannot be reached or listed, with what to do.
 */
export async function openBucket({ place, stallMs = STALL_MS }: BucketOptions): Promise<Bucket> {
  // Servers other than AWS mostly take any region, but the SDK signs for none.
  const region = place.region ?? (place.endpoint === null ? null : process.env.AWS_REGION || 'us-east-1');
  const client = new S3Client({
    ...(place.endpoint === null ? {} : { endpoint: place.endpoint }),
    ...(region === null ? {} : { region }),
    forcePathStyle: place.pathStyle,
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: stallMs },
    // What is written says its own sha-256; older servers refuse the SDK's other checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  try {
    // A list, not a look at the bucket: only its answer says which of bucket, key and signature is wrong.
    await client.send(new ListObjectsV2Command({ Bucket: place.bucket, Prefix: place.prefix, MaxKeys: 1 }));
  } catch (error) {
    client.destroy();
    throw s3Error(error, 'The artifact store cannot be opened', place);
  }
  return { place, client, slots: createSlots(PIECES), close: () => client.destroy() };
}
