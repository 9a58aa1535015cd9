import type { ResealedVersion, SecretTable, StoredSecret } from '../metadata/secret-table.ts';
import { type SealingKey, seal, unseal } from './seal.ts';
import { type KeyPlace, keyToSeal, readKeys } from './sealing-keys.ts';
import { SecretError } from './secret-provider.ts';

/** What came of a change of the key. */
export interface Resealed {
  /** The key that seals everything now. */
  readonly keyId: string;
  /** Versions that were sealed anew. */
  readonly resealed: number;
  /** Those that had this key already. */
  readonly left: number;
  /** Those that were set under another key meanwhile, by a process that has not been given this one. */
  readonly others: number;
}

/** Each is opened by the key that it names and sealed by the first, before anything is written; and all are written, or none. */
export async function resealAll(project: string, table: SecretTable, place: KeyPlace): Promise<Resealed> {
  const key = await keyToSeal(place);
  const keys = await readKeys(place);
  const stored = await table.all();
  const other = stored.filter(({ keyId }) => keyId !== key.id);
  const resealed = other.map((secret): ResealedVersion => {
    const { name, version, nonce } = secret;
    const value = opened(secret, project, keys);
    return { name, version, before: nonce, ...seal(value, { project, name, version }, key) };
  });
  await table.reseal(resealed);
  const others = (await table.all()).filter(({ keyId }) => keyId !== key.id).length;
  return { keyId: key.id, resealed: other.length, left: stored.length - other.length, others };
}

/** @throws SecretError for one whose key is not there, and one that was changed. */
export function opened(stored: StoredSecret, project: string, keys: readonly SealingKey[]): string {
  const { name, version, keyId } = stored;
  const which = `Version ${version} of secret '${name}' of project ${project}`;
  const key = keys.find(({ id }) => id === keyId);
  if (key === undefined) {
    const has = keys.length === 0 ? 'has none' : `has ${keys.map(({ id }) => id).join(', ')}`;
    throw new SecretError(
      `${which} was sealed with key ${keyId}, and this process ${has}: give it that key, too, by ` +
        `MILLRACE_SECRETS_KEY_FILE, or set the secret again: millrace secrets set ${name}`,
    );
  }
  const value = unseal(stored, { project, name, version }, key);
  if (value !== null) return value;
  throw new SecretError(
    `${which} does not open: its row was changed. Delete the secret, and set it again: millrace secrets delete ${name}`,
  );
}
