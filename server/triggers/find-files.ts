import { opendir, stat } from 'node:fs/promises';
import type { ListObjectsV2CommandOutput, S3Client } from '@aws-sdk/client-s3';
import { readS3Place } from '../../store/artifacts/s3/s3-place.ts';

/** Files that are counted in one place: a pattern that has more is too wide to wait for. */
const MOST_FILES = 10_000;
const KEYS_A_PAGE = 1_000;

/**
 * How many files lie at a path, in whose last part `*` stands for any characters.
 *
 * @throws Error when the place cannot be looked at, or has too many of them; one that is not there has none
 */
export async function findFiles(path: string, signal: AbortSignal): Promise<number> {
  const [place = '', query = ''] = path.split('?');
  const cut = place.lastIndexOf('/') + 1;
  const pattern = place.slice(cut);
  const names = place.startsWith('s3://')
    ? namesInBucket(place, query, signal)
    : namesInFolder(place.slice(0, cut), pattern);
  const matches = matcherOf(pattern);
  let files = 0;
  for await (const name of names) {
    if (matches(name)) files++;
    if (files > MOST_FILES) throw tooMany(place);
  }
  return files;
}

function tooMany(place: string): Error {
  return new Error(
    `More than ${MOST_FILES} files match ${place}: wait for a mark that is written last, as _SUCCESS, or say more before the *.`,
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
async function* namesInFolder(folder: string, pattern: string): AsyncGenerator<string> {
  try {
    if (!pattern.includes('*')) {
      if ((await stat(folder + pattern)).isFile()) yield pattern;
      return;
    }
    for await (const entry of await opendir(folder)) if (entry.isFile()) yield entry.name;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return;
    throw error;
  }
}

/** Of the objects right below a key's last slash, what their keys have after it. */
async function* namesInBucket(uri: string, query: string, signal: AbortSignal): AsyncGenerator<string> {
  const [, name = '', key = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(uri) ?? [];
  const place = readS3Place(`s3://${name}${query === '' ? '' : `?${query}`}`, 'The path');
  // The SDK takes a third of a second to load, which no system with folders alone should wait for.
  const { openBucket } = await import('../../store/artifacts/s3/bucket.ts');
  const bucket = await openBucket({ place });
  try {
    const folder = key.slice(0, key.lastIndexOf('/') + 1);
    const pattern = key.slice(folder.length);
    const start = { bucket: name, prefix: folder + (pattern.split('*')[0] ?? '') };
    // Keys come in their order: one that is named whole is the first of all that begin with it.
    const isWhole = !pattern.includes('*');
    for await (const each of keysIn(bucket.client, start, isWhole ? 1 : KEYS_A_PAGE, signal)) {
      yield each.slice(folder.length);
      if (isWhole) return;
    }
  } finally {
    bucket.close();
  }
}

interface Start {
  readonly bucket: string;
  readonly prefix: string;
}

async function* keysIn(client: S3Client, start: Start, page: number, signal: AbortSignal): AsyncGenerator<string> {
  const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
  const asked = { Bucket: start.bucket, Prefix: start.prefix, Delimiter: '/', MaxKeys: page };
  let more: { readonly ContinuationToken?: string } | null = {};
  while (more !== null) {
    const listed: ListObjectsV2CommandOutput = await client.send(new ListObjectsV2Command({ ...asked, ...more }), {
      abortSignal: signal,
    });
    for (const { Key = '' } of listed.Contents ?? []) yield Key;
    const { NextContinuationToken: next } = listed;
    more = next === undefined ? null : { ContinuationToken: next };
  }
}
