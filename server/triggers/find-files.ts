import { readdir } from 'node:fs/promises';
import { readS3Place } from '../../store/artifacts/s3/s3-place.ts';

/** Names that are looked through in one place: a folder or prefix that has more is too wide to wait at. */
const MOST_NAMES = 10_000;

/**
 * How many files lie at a path, in whose last part `*` stands for any characters.
 *
 * @throws Error when the place cannot be looked at; one that is not there has none
 */
export async function findFiles(path: string, signal: AbortSignal): Promise<number> {
  const [place = '', query = ''] = path.split('?');
  const cut = place.lastIndexOf('/') + 1;
  const matches = matcherOf(place.slice(cut));
  const names = place.startsWith('s3://')
    ? await namesInBucket(place, query, signal)
    : await namesInFolder(place.slice(0, cut));
  return names.filter(matches).length;
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

async function namesInFolder(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.slice(0, MOST_NAMES).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return [];
    throw error;
  }
}

/** Of the objects right below a key's last slash, what their keys have after it. */
async function namesInBucket(uri: string, query: string, signal: AbortSignal): Promise<readonly string[]> {
  const [, name = '', key = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(uri) ?? [];
  const place = readS3Place(`s3://${name}${query === '' ? '' : `?${query}`}`, 'The path');
  // The SDK takes a third of a second to load, which no system with folders alone should wait for.
  const [{ ListObjectsV2Command }, { openBucket }] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('../../store/artifacts/s3/bucket.ts'),
  ]);
  const bucket = await openBucket({ place });
  try {
    const folder = key.slice(0, key.lastIndexOf('/') + 1);
    const start = key.slice(folder.length).split('*')[0] ?? '';
    const asked = { Bucket: name, Prefix: folder + start, Delimiter: '/', MaxKeys: 1_000 };
    const { Contents = [] } = await bucket.client.send(new ListObjectsV2Command(asked), { abortSignal: signal });
    return Contents.map(({ Key = '' }) => Key.slice(folder.length));
  } finally {
    bucket.close();
  }
}
