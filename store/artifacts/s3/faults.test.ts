import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfBytes } from '../../../ir/digest.ts';
import { type Fault, type FaultyProxy, startFaultyProxy } from '../../testing/faulty-proxy.ts';
import { NO_S3, onS3, useS3 } from '../../testing/s3-places.ts';
import type { ArtifactStore } from '../artifact-store.ts';
import { openS3Store } from '../s3-store.ts';
import { type Bucket, openBucket } from './bucket.ts';

/** Three pieces. */
const CONTENT = randomBytes(20 << 20);

const SLOW_DOWN: Fault = { kind: 'error', status: 503, code: 'SlowDown' };
const FAILS: Fault = { kind: 'error', status: 500, code: 'InternalError' };

describe.skipIf(NO_S3 !== null)(`through faults on the way to ${onS3}`, () => {
  const s3 = useS3();
  let proxy: FaultyProxy;
  let folder: string;
  let buckets: Bucket[];
  let harmed: ArtifactStore;
  /** Of another machine, on a way without faults. */
  let sound: ArtifactStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-s3-faults-'));
    await writeFile(join(folder, 'large'), CONTENT);
    proxy = await startFaultyProxy(s3.server().endpoint);
    const place = await s3.newPlace();
    buckets = [
      await openBucket({ place: { ...place, endpoint: proxy.endpoint }, stallMs: 300 }),
      await openBucket({ place }),
    ];
    const [one, other] = await Promise.all(
      buckets.map((bucket, index) =>
        openS3Store({ bucket, project: 'default', cache: { root: join(folder, `${index}`), bytes: 1 << 30 } }),
      ),
    );
    harmed = one ?? expect.fail();
    sound = other ?? expect.fail();
  });
  afterEach(async () => {
    await proxy.stop();
    for (const bucket of buckets) bucket.close();
    await rm(folder, { recursive: true, force: true });
  });

  const isPiece = ({ method, url = '' }: IncomingMessage) => method === 'PUT' && url.includes('partNumber=');
  const isObject = ({ method, url = '' }: IncomingMessage) => method === 'GET' && url.includes('/files/');
  /** The first request for each piece is harmed. */
  const onceForEach = (fault: Fault, isHarmed: (request: IncomingMessage) => boolean) => {
    const met = new Set<string>();
    proxy.fault = (request) => {
      const name = `${request.url} ${request.headers.range}`;
      if (!isHarmed(request) || met.has(name)) return null;
      met.add(name);
      return fault;
    };
    return met;
  };

  const BEFORE: readonly (readonly [string, Fault])[] = [
    ['answered with 503 SlowDown', SLOW_DOWN],
    ['answered with 500', FAILS],
    ['broken off before it arrives', { kind: 'break', at: 'request' }],
    ['never answered', { kind: 'standStill', at: 'request' }],
  ];
  const WITHIN: readonly (readonly [string, Fault])[] = [
    ['broken off in the middle of its answer', { kind: 'break', at: 'answer' }],
    ['standing still in the middle of its answer', { kind: 'standStill', at: 'answer' }],
  ];

  it.each(BEFORE)('a file is put where each piece is first %s', async (_name, fault) => {
    const met = onceForEach(fault, isPiece);
    const ref = await harmed.put('dataset', join(folder, 'large'), {});
    expect(met.size).toBe(3);
    expect(CONTENT.equals(await readFile(await sound.fetch(ref)))).toBe(true);
  });

  it.each([...BEFORE, ...WITHIN])('a file is fetched where each piece is first %s', async (_name, fault) => {
    const ref = await sound.put('dataset', join(folder, 'large'), {});
    const met = onceForEach(fault, isObject);
    expect(CONTENT.equals(await readFile(await harmed.fetch(ref)))).toBe(true);
    expect(met.size).toBe(3);
  });

  it('a file whose last word is not answered is there, and its put does not fail', async () => {
    onceForEach({ kind: 'break', at: 'answer' }, ({ method, url = '' }) => method === 'POST' && /uploadId=/.test(url));
    const ref = await harmed.put('dataset', join(folder, 'large'), {});
    expect(CONTENT.equals(await readFile(await sound.fetch(ref)))).toBe(true);
  });

  it('a file of which a piece cannot be put is not there, and nothing of it stays', async () => {
    proxy.fault = (request) => (isPiece(request) && request.url?.includes('partNumber=2') ? FAILS : null);
    const error = await harmed.put('dataset', join(folder, 'large'), {}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/cannot be stored, .* \(500 Int/),
    });
    const digest = digestOfBytes(CONTENT);
    const hex = digest.slice('sha256:'.length);
    const [, direct] = buckets;
    const place = direct?.place ?? expect.fail();
    const uri = `s3://${place.bucket}/a/b/default/files/${hex.slice(0, 2)}/${hex.slice(2)}`;
    expect(await sound.exists({ digest, uri })).toBe(false);
    const { Uploads = [] } =
      (await direct?.client.send(new ListMultipartUploadsCommand({ Bucket: place.bucket }))) ?? {};
    expect(Uploads).toEqual([]);
  });

  it('a file of which a piece cannot be fetched is not there, and its next fetch brings it', async () => {
    const ref = await sound.put('dataset', join(folder, 'large'), {});
    proxy.fault = (request) => (isObject(request) ? { kind: 'break', at: 'answer' } : null);
    await expect(harmed.fetch(ref)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/cannot be read, s3:.* cannot be reached \(/),
    });
    proxy.fault = () => null;
    expect(CONTENT.equals(await readFile(await harmed.fetch(ref)))).toBe(true);
  });

  it('where the server knows no conditional writes, the same bytes are written again', async () => {
    proxy.fault = ({ headers }) =>
      headers['if-none-match'] === undefined ? null : { kind: 'error', status: 501, code: 'NotImplemented' };
    const blob = await harmed.putBlob(Buffer.from('bytes'));
    const ref = await harmed.put('dataset', join(folder, 'large'), {});
    expect(Buffer.from(await sound.getBlob(blob)).toString()).toBe('bytes');
    expect(CONTENT.equals(await readFile(await sound.fetch(ref)))).toBe(true);
  });
});
