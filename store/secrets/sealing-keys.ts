import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KEY_BYTES, type SealingKey, sealingKey } from './seal.ts';
import { SecretError } from './secret-provider.ts';

/** Where the keys are: in a setting, in a file that one names, or in a file of the home that is made when it is missing. */
export type KeyPlace =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'home'; readonly path: string }
  /** Several machines share the store: a key that one made for itself would be of no use to the others. */
  | { readonly kind: 'none' };

const MAKE_ONE = `Make a key with \`openssl rand -base64 ${KEY_BYTES}\`, and give it to the API and every worker by MILLRACE_SECRETS_KEY_FILE (or MILLRACE_SECRETS_KEY).`;

/** The keys of this process: the first seals, all of them open. Empty where there is none yet. @throws SecretError */
export async function readKeys(place: KeyPlace): Promise<readonly SealingKey[]> {
  if (place.kind === 'none') return [];
  if (place.kind === 'text') return parseKeys(place.text, 'MILLRACE_SECRETS_KEY');
  const text = await readFile(place.path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' && place.kind === 'home') return null;
    throw new SecretError(`The key of secrets in ${place.path} cannot be read (${cause.code}). ${MAKE_ONE}`, { cause });
  });
  return text === null ? [] : parseKeys(text, place.path);
}

/** The key to seal with, made where the home lacks it. @throws SecretError */
export async function keyToSeal(place: KeyPlace): Promise<SealingKey> {
  const [key] = await readKeys(place);
  if (key !== undefined) return key;
  if (place.kind !== 'home') throw new SecretError(`There is no key to seal secrets with. ${MAKE_ONE}`);
  await makeKey(place.path);
  return keyToSeal(place);
}

/** By a file of its own and a link: of two processes that make one at once, both go on with the same, and never with half of one. */
async function makeKey(path: string): Promise<void> {
  const own = `${path}.${randomUUID()}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(own, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flush: true });
  try {
    await link(own, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(own);
  }
}

function parseKeys(text: string, from: string): readonly SealingKey[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  if (words.length === 0) throw new SecretError(`${from} has no key in it. ${MAKE_ONE}`);
  return words.map((word) => {
    const bytes = Buffer.from(word, 'base64');
    if (/^[A-Za-z0-9+/_-]+=*$/.test(word) && bytes.length === KEY_BYTES) return sealingKey(bytes);
    throw new SecretError(`${from} has a word that is no key: a key is ${KEY_BYTES} bytes in base64. ${MAKE_ONE}`);
  });
}
