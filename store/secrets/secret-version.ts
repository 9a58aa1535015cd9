import { createHmac, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { SecretRef } from '../../ir/step-contract.ts';

const derive = promisify<string, string, number, Buffer>(scrypt);

/** What has been derived, by a digest of secret and value that means nothing outside this process. */
const versions = new Map<string, Promise<Buffer>>();
const MOST_VERSIONS = 1_000;
const processKey = randomBytes(32);

/**
 * The version of a secret that comes without one. Slow to derive on purpose: versions are kept with cache entries, and a
 * short secret must not be guessed from one.
 */
export async function derivedVersion(ref: SecretRef, value: string): Promise<string> {
  if (ref.version !== null) return ref.version;
  const memo = createHmac('sha256', processKey).update(`${ref.secret}\0${value}`).digest('base64');
  if (versions.size >= MOST_VERSIONS) versions.clear();
  const derived = versions.get(memo) ?? derive(value, `millrace secret ${ref.secret}`, 8);
  versions.set(memo, derived);
  return (await derived).toString('hex');
}
