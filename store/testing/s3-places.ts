import { afterAll, beforeAll, vi } from 'vitest';
import type { S3Place } from '../artifacts/s3/s3-place.ts';
import { findVersitygw, S3_CREDENTIALS, type S3Server, startVersitygw } from './versitygw.ts';

export { S3_CREDENTIALS };

const found = await findVersitygw();

/** Why a test that needs a real S3 server is skipped; null where there is one. */
export const NO_S3: string | null = found.binary === null ? found.reason : null;

/** For names of tests: why they are skipped, if they are. */
export const onS3 = NO_S3 === null ? 'S3' : `S3 (skipped: ${NO_S3})`;

export interface S3Places {
  server(): S3Server;
  /** An empty bucket of its own. */
  newPlace(endpoint?: string): Promise<S3Place>;
}

/** A server for the tests of one `describe`, with its credentials in their environment. */
export function useS3(): S3Places {
  let server: S3Server | null = null;
  let buckets = 0;
  beforeAll(async () => {
    for (const [name, value] of Object.entries(S3_CREDENTIALS)) vi.stubEnv(name, value);
    if (found.binary !== null) server = await startVersitygw(found.binary);
  });
  afterAll(async () => {
    await server?.stop();
    vi.unstubAllEnvs();
  });
  const running = () => {
    if (server === null) throw new Error('The server is there from beforeAll on.');
    return server;
  };
  return {
    server: running,
    async newPlace(endpoint = running().endpoint) {
      const bucket = `test-${++buckets}`;
      await running().makeBucket(bucket);
      return { bucket, prefix: 'a/b', endpoint, region: null, pathStyle: true };
    },
  };
}
