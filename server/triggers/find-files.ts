import { opendir, stat } from 'node:fs/promises';
import type { _Object, ListObjectsV2CommandOutput, S3Client } from '@aws-sdk/client-s3';
import { asyncBufferFromFile } from 'hyparquet';
import type { Bucket } from '../../store/artifacts/s3/bucket.ts';
import { readS3Place } from '../../store/artifacts/s3/s3-place.ts';
import { type FoundFile, objectRange, parquetRows } from './parquet-rows.ts';

/** Files that are counted in one place: a pattern that has more is too wide to wait for. */
const MOST_FILES = 10_000;
/** Each is read, which takes longer. */
const MOST_WITH_ROWS = 1_000;
const READ_AT_ONCE = 8;
const KEYS_A_PAGE = 1_000;

/**
 * How many files lie at a path, in whose last part `*` stands for any characters.
 *
 * @throws Error when the place cannot be looked at, or has too many of them; one that is not there has none
 */
export async function findFiles(path: string, signal: AbortSignal): Promise<number> {
  return withFiles(path, signal, async (found) => {
    let files = 0;
    for await (const _ of found) {
      files++;
      if (files > MOST_FILES) throw tooMany(path, MOST_FILES);
    }
    return files;
  });
}

/** How many Parquet files lie at a path, and how many rows they have together. @throws Error as `findFiles` does, and for one that is none */
export async function findRows(
  path: string,
  signal: AbortSignal,
): Promise<{ readonly files: number; readonly rows: number }> {
  return withFiles(path, signal, async (found) => {
    let [files, rows] = [0, 0];
    let batch: FoundFile[] = [];
    const count = async () => {
      signal.throwIfAborted();
      const counts = await Promise.all(batch.map(parquetRows));
      rows = counts.reduce((sum, each) => sum + each, rows);
      batch = [];
    };
    for await (const file of found) {
      files++;
      if (files > MOST_WITH_ROWS) throw tooMany(path, MOST_WITH_ROWS);
      batch.push(file);
      if (batch.length === READ_AT_ONCE) await count();
    }
    await count();
    return { files, rows };
  });
}

/** As long as they are used, their place is open. */
async function withFiles<T>(
  path: string,
  signal: AbortSignal,
  use: (files: AsyncIterable<FoundFile>) => Promise<T>,
): Promise<T> {
  const [place = '', query = ''] = path.split('?');
  const cut = place.lastIndexOf('/') + 1;
  const pattern = place.slice(cut);
  const matches = matcherOf(pattern);
  if (!place.startsWith('s3://')) return use(matching(filesInFolder(place.slice(0, cut), pattern), matches));
  return withBucket(place, query, (bucket, key) => use(matching(filesInBucket(bucket, key, signal), matches)));
}

async function* matching(files: AsyncIterable<FoundFile>, matches: (name: string) => boolean) {
  for await (const file of files) if (matches(file.name)) yield file;
}

function tooMany(path: string, most: number): Error {
  const [place] = path.split('?');
  return new Error(
    `More than ${most} files match ${place}: wait for a mark that is written last, as _SUCCESS, or say more before the *.`,
  );
}

/** No part of a pattern can take more than one way through a name: what stands between stars is looked for in order. */
function matcherOf(pattern: string): (name: string) => boolean {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return (name) => name === pattern;
  return (name) => {
    let at = head.length;
    if (!name.startsWith(head) || !name.endsWith(tail)) return false;
    for (const part of rest) {
      const found = name.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return at <= name.length - tail.length;
  };
}

/** One that is named whole is asked for alone, however many lie beside it. */
async function* filesInFolder(folder: string, pattern: string): AsyncGenerator<FoundFile> {
  try {
    if (!pattern.includes('*')) {
      if ((await stat(folder + pattern)).isFile()) yield localFile(folder, pattern);
      return;
    }
    for await (const entry of await opendir(folder)) if (entry.isFile()) yield localFile(folder, entry.name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return;
    throw error;
  }
}

function localFile(folder: string, name: string): FoundFile {
  return { name, open: () => asyncBufferFromFile(folder + name) };
}

async function withBucket<T>(uri: string, query: string, use: (bucket: Bucket, key: string) => Promise<T>): Promise<T> {
  const [, name = '', key = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(uri) ?? [];
  const place = readS3Place(`s3://${name}${query === '' ? '' : `?${query}`}`, 'The path');
  // The SDK takes a third of a second to load, which no system with folders alone should wait for.
  const { openBucket } = await import('../../store/artifacts/s3/bucket.ts');
  const bucket = await openBucket({ place });
  try {
    return await use(bucket, key);
  } finally {
    bucket.close();
  }
}

/** Of the objects right below a key's last slash, what their keys have after it. */
async function* filesInBucket({ client, place }: Bucket, key: string, signal: AbortSignal): AsyncGenerator<FoundFile> {
  const folder = key.slice(0, key.lastIndexOf('/') + 1);
  const pattern = key.slice(folder.length);
  const start = { bucket: place.bucket, prefix: folder + (pattern.split('*')[0] ?? '') };
  // Keys come in their order: one that is named whole is the first of all that begin with it.
  const isWhole = !pattern.includes('*');
  for await (const { Key = '', Size = 0 } of objectsIn(client, start, isWhole ? 1 : KEYS_A_PAGE, signal)) {
    const object = { bucket: place.bucket, key: Key, size: Size };
    yield { name: Key.slice(folder.length), open: async () => objectRange(client, object, signal) };
    if (isWhole) return;
  }
}

interface Start {
  readonly bucket: string;
  readonly prefix: string;
}

async function* objectsIn(client: S3Client, start: Start, page: number, signal: AbortSignal): AsyncGenerator<_Object> {
  const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
  const asked = { Bucket: start.bucket, Prefix: start.prefix, Delimiter: '/', MaxKeys: page };
  let more: { readonly ContinuationToken?: string } | null = {};
  while (more !== null) {
    const listed: ListObjectsV2CommandOutput = await client.send(new ListObjectsV2Command({ ...asked, ...more }), {
      abortSignal: signal,
    });
    yield* listed.Contents ?? [];
    const { NextContinuationToken: next } = listed;
    more = next === undefined ? null : { ContinuationToken: next };
  }
}
