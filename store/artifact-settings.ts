import { readS3Place } from './artifacts/s3/s3-place.ts';
import type { ArtifactPlace } from './open-content.ts';

const GIB = 2 ** 30;
const CACHE_BYTES = 16 * GIB;

/**
 * Where artifacts lie: MILLRACE_ARTIFACTS, `s3://…`, or else a folder in the home; and how much of what lies elsewhere is
 * cached in the home, MILLRACE_ARTIFACT_CACHE_BYTES (16 GiB).
 *
 * @throws RangeError naming the variable and what is wrong with it.
 */
export function artifactSettings(env: Readonly<Record<string, string | undefined>>): ArtifactPlace {
  const text = env.MILLRACE_ARTIFACTS;
  if (!text) return { kind: 'folder' };
  return { kind: 's3', place: readS3Place(text), cacheBytes: cacheBytes(env.MILLRACE_ARTIFACT_CACHE_BYTES) };
}

function cacheBytes(text: string | undefined): number {
  if (!text) return CACHE_BYTES;
  const bytes = Number(text);
  if (Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
  throw new RangeError(
    `MILLRACE_ARTIFACT_CACHE_BYTES is '${text}'; it has to be a whole number of bytes, zero or more.`,
  );
}
