import { createHash } from 'node:crypto';
import { canonicalJson } from './json.ts';

/** A sha-256 in lower-case hexadecimal with its algorithm before it: `sha256:9f86d0…`. */
export type Digest = `sha256:${string}`;

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/** Whatever reads as a digest in a text, JSON mostly; one that is named twice comes twice. */
export function digestsIn(text: string): readonly Digest[] {
  const found: readonly string[] = text.match(/sha256:[0-9a-f]{64}/g) ?? [];
  return found.filter(isDigest);
}

export function digestOfBytes(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The digest of a value's canonical JSON. */
export function digestOfJson(value: unknown): Digest {
  return digestOfBytes(canonicalJson(value));
}
