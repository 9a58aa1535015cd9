import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { ArtifactStore } from '../../store/artifacts/artifact-store.ts';
import { openFolderStore } from '../../store/artifacts/folder-store.ts';
import { type Bucket, openBucket } from '../../store/artifacts/s3/bucket.ts';
import { openS3Store } from '../../store/artifacts/s3-store.ts';
import { findVersitygw, S3_CREDENTIALS, startVersitygw } from '../../store/testing/versitygw.ts';

/*
 * Puts and fetches a file of 200 MB: a folder store, an S3 store that is read with an empty cache, and, as the least that
 * the way takes, the same bytes by requests of the SDK alone, 8 MiB each and 8 at once. New bytes in each round.
 */
const BYTES = 200_000_000;
const PIECE = 8 << 20;
const ROUNDS = 5;

type Times = { readonly put: number; readonly fetch: number };
type Side = (file: string, round: number) => Promise<Times>;

Object.assign(process.env, S3_CREDENTIALS);
const { binary, ...none } = await findVersitygw();
if (binary === null) throw new Error('reason' in none ? none.reason : '');
const server = await startVersitygw(binary);
const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-artifacts-'));
await server.makeBucket('bench');
const bucket = await openBucket({
  place: { bucket: 'bench', prefix: '', endpoint: server.endpoint, region: null, pathStyle: true },
});
try {
  await compare({ folder: folderSide, 'S3, the store': storeSide, 'S3, requests alone': requestsSide });
} finally {
  bucket.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

async function compare(sides: Readonly<Record<string, Side>>): Promise<void> {
  const times = new Map<string, Times[]>(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, side] of Object.entries(sides)) {
      const file = await newFile(round);
      times.get(name)?.push(await side(file, round));
    }
  }
  for (const [name, measured] of times) {
    const rate = (what: keyof Times) => Math.round(BYTES / 1e6 / Math.min(...measured.map((each) => each[what])));
    console.log(`${name}: put ${rate('put')} MB/s, fetch ${rate('fetch')} MB/s (best of ${ROUNDS})`);
  }
}

async function newFile(round: number): Promise<string> {
  const path = join(folder, `content-${round}`);
  const file = await open(path, 'w');
  for (let written = 0; written < BYTES; ) {
    written += (await file.write(randomBytes(Math.min(PIECE, BYTES - written)))).bytesWritten;
  }
  await file.close();
  return path;
}

async function folderSide(file: string): Promise<Times> {
  const root = join(folder, 'artifacts');
  const times = await putAndFetch(await openFolderStore({ root, project: 'default' }), file, () =>
    openFolderStore({ root, project: 'default' }),
  );
  await rm(root, { recursive: true });
  return times;
}

async function storeSide(file: string, round: number): Promise<Times> {
  const openAt = (machine: string) =>
    openS3Store({ bucket, project: 'default', cache: { root: join(folder, machine), bytes: 1e10 } });
  const times = await putAndFetch(await openAt(`writer-${round}`), file, () => openAt(`reader-${round}`));
  for (const machine of ['writer', 'reader']) await rm(join(folder, `${machine}-${round}`), { recursive: true });
  return times;
}

/** @param again A store that has read nothing yet, as another process. */
async function putAndFetch(store: ArtifactStore, file: string, again: () => Promise<ArtifactStore>): Promise<Times> {
  // As a handler does, which writes what it gives in its scratch folder.
  const scratch = store.scratch();
  await mkdir(scratch);
  await rename(file, join(scratch, 'content'));
  const [ref, put] = await timed(() => store.put('dataset', join(scratch, 'content'), {}));
  const reader = await again();
  const [, fetch] = await timed(() => reader.fetch(ref));
  return { put, fetch };
}

async function requestsSide(path: string, round: number): Promise<Times> {
  const file = await open(path);
  const pieces = Array.from({ length: Math.ceil(BYTES / PIECE) }, (_, index) => index);
  const at = (index: number) => ({ Bucket: 'bench', Key: `raw/${round}/${index}` });
  const each = (work: (index: number) => Promise<unknown>) =>
    Promise.all(pieces.map((index) => bucket.slots.run(() => work(index))));
  const [, put] = await timed(() => each((index) => putPiece(bucket, file, at(index), index)));
  const [, fetch] = await timed(() =>
    each(async (index) => (await bucket.client.send(new GetObjectCommand(at(index)))).Body?.transformToByteArray()),
  );
  await file.close();
  return { put, fetch };
}

async function putPiece(
  { client }: Bucket,
  file: Awaited<ReturnType<typeof open>>,
  at: { readonly Bucket: string; readonly Key: string },
  index: number,
): Promise<void> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(PIECE), 0, PIECE, index * PIECE);
  await client.send(new PutObjectCommand({ ...at, Body: buffer.subarray(0, bytesRead) }));
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  const result = await work();
  return [result, (performance.now() - start) / 1_000];
}
