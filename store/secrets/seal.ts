import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { SealedValue } from '../metadata/secret-table.ts';

/** 32 bytes, and a name for them that tells nothing of them. */
export interface SealingKey {
  readonly id: string;
  readonly bytes: Buffer;
}

/** What a sealed value belongs to: moved to another place, it does not open. */
export interface SealedPlace {
  readonly project: string;
  readonly name: string;
  readonly version: number;
}

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

export function sealingKey(bytes: Buffer): SealingKey {
  const id = createHash('sha256').update('millrace secrets key').update(bytes).digest('hex').slice(0, 12);
  return { id, bytes };
}

/** AES-256-GCM (NIST SP 800-38D) under a random nonce, with the place as additional data. */
export function seal(value: string, place: SealedPlace, key: SealingKey): SealedValue {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key.bytes, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(placeBytes(place));
  const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { keyId: key.id, nonce: nonce.toString('base64'), sealed: sealed.toString('base64') };
}

/** @returns null for what was not sealed by this key for this place, or was changed since. */
export function unseal({ nonce, sealed }: SealedValue, place: SealedPlace, key: SealingKey): string | null {
  try {
    const bytes = Buffer.from(sealed, 'base64');
    const decipher = createDecipheriv(CIPHER, key.bytes, Buffer.from(nonce, 'base64'), { authTagLength: TAG_BYTES });
    decipher.setAAD(placeBytes(place));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}

function placeBytes({ project, name, version }: SealedPlace): Buffer {
  return Buffer.from(JSON.stringify(['millrace secret', project, name, version]));
}
