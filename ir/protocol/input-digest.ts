import type { Digest } from '../digest.ts';
import type { JsonObject } from '../json.ts';

/** In the detail of a task whose input is too large to record: what a retry compares by. */
const INPUT_DIGEST = 'inputDigest';

export function withInputDigest(detail: JsonObject, digest: Digest): JsonObject {
  return { ...detail, [INPUT_DIGEST]: digest };
}

export function inputDigestIn(detail: JsonObject): Digest | null {
  const digest = detail[INPUT_DIGEST];
  return typeof digest === 'string' ? (digest as Digest) : null;
}
