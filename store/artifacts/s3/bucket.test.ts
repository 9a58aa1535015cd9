import { afterEach, describe, expect, it, vi } from 'vitest';
import { type FaultyProxy, startFaultyProxy } from '../../testing/faulty-proxy.ts';
import { NO_S3, onS3, S3_CREDENTIALS, useS3 } from '../../testing/s3-places.ts';
import { openBucket } from './bucket.ts';
import type { S3Place } from './s3-place.ts';

describe.skipIf(NO_S3 !== null)(`a bucket of ${onS3}`, () => {
  const s3 = useS3();
  let proxy: FaultyProxy | null = null;
  afterEach(async () => {
    for (const [name, value] of Object.entries(S3_CREDENTIALS)) vi.stubEnv(name, value);
    await proxy?.stop();
    proxy = null;
  });
  /** What opening it is refused with, after the place. */
  const refusalOf = async (place: S3Place) => {
    const error: unknown = await openBucket({ place }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'ArtifactError', kind: 'unavailable' });
    const { message } = error as Error;
    expect(message).not.toContain(S3_CREDENTIALS.AWS_SECRET_ACCESS_KEY);
    const [start, ...rest] = message.split(': ');
    expect(start).toBe(`The artifact store cannot be opened, s3://${place.bucket}/a/b`);
    return rest.join(': ');
  };
  const answering = async (status: number, code: string) => {
    const there = await startFaultyProxy(s3.server().endpoint);
    proxy = there;
    there.fault = () => ({ kind: 'error', status, code });
    return refusalOf(await s3.newPlace(there.endpoint));
  };

  it('that is not there is named', async () => {
    const place = { ...(await s3.newPlace()), bucket: 'nowhere' };
    expect(await refusalOf(place)).toBe("there is no bucket 'nowhere'. Make it, or correct MILLRACE_ARTIFACTS.");
  });

  it.each([
    ['AWS_SECRET_ACCESS_KEY', 'another'],
    ['AWS_ACCESS_KEY_ID', 'nobody'],
  ])('refuses a wrong %s, and says so', async (name, value) => {
    vi.stubEnv(name, value);
    expect(await refusalOf(await s3.newPlace())).toMatch(/^the credentials are refused\. Correct AWS_ACCESS_KEY_ID/);
  });

  it('is asked nothing without credentials', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    expect(await refusalOf(await s3.newPlace())).toMatch(/^no credentials were found\. Set AWS_ACCESS_KEY_ID/);
  });

  it('in another region is said to be', async () => {
    const place = { ...(await s3.newPlace()), region: 'eu-west-1' };
    expect(await refusalOf(place)).toMatch(/^the bucket is in another region\. Add region=/);
  });

  it('that nobody answers for is said not to be reached', async () => {
    const place = await s3.newPlace('http://127.0.0.1:1');
    expect(await refusalOf(place)).toMatch(
      /^http:\/\/127\.0\.0\.1:1 cannot be reached \(.*ECONNREFUSED.*\)\. See that/,
    );
  });

  it('that denies access says which permissions are needed', async () => {
    expect(await answering(403, 'AccessDenied')).toMatch(/^access is denied\. The credentials need s3:ListBucket/);
  });

  it('with credentials that have expired says to renew them', async () => {
    expect(await answering(400, 'ExpiredToken')).toMatch(/^the credentials have expired\. Renew them/);
  });

  it('whose clock differs is set right by the SDK, and where that does not help, told', async () => {
    expect(await answering(403, 'RequestTimeTooSkewed')).toMatch(/^this machine's clock differs .* Set it/);
  });

  it('whose server fails is asked again, and then told of', async () => {
    expect(await answering(500, 'InternalError')).toMatch(/in several tries \(500 InternalError\)\. Try again when/);
  });
});
