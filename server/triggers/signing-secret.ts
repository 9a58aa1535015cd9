import { randomBytes, timingSafeEqual } from 'node:crypto';
import { MetadataError } from '../../store/metadata/metadata-store.ts';
import { SECRET_PREFIX, signatureOf, type UnsignedRequest } from '../http/standard-webhooks.ts';
import type { ServerContext } from '../server-context.ts';

/* What signs is a secret of the project as others are, sealed, and shown when it is made and never again. */

const BYTES = 32;
/** Seconds by which the clocks of both sides may differ, and in which a request may be sent again. */
export const TOLERANCE_S = 300;

/** One that nobody knows. */
export function unknownSecret(): string {
  return `${SECRET_PREFIX}${randomBytes(BYTES).toString('base64')}`;
}

/** @throws SecretError where the store has no key to seal it with. */
export async function makeSigningSecret({ storedSecrets, user }: ServerContext, trigger: string): Promise<string> {
  const secret = unknownSecret();
  await storedSecrets.set(nameOf(trigger), secret, user);
  return secret;
}

/** @throws SecretError where it does not open with the keys that this process has. */
export async function signingSecret({ storedSecrets }: ServerContext, trigger: string): Promise<string | null> {
  return (await storedSecrets.resolve({ secret: nameOf(trigger), version: null }))?.value ?? null;
}

/** One that is gone already, as by `millrace secrets delete`, is forgotten. */
export async function forgetSigningSecret({ storedSecrets, user }: ServerContext, trigger: string): Promise<void> {
  try {
    await storedSecrets.delete(nameOf(trigger), user);
  } catch (error) {
    if (!(error instanceof MetadataError) || error.kind !== 'notFound') throw error;
  }
}

function nameOf(trigger: string): string {
  return `trigger.${trigger}`;
}

export interface SignedRequest extends UnsignedRequest {
  /** `webhook-signature`: one or several of `v1,BASE64`, with spaces between them. */
  readonly signature: string;
  readonly body: Uint8Array;
}

/** Of a request that nobody signed for the trigger, be there such a trigger or not. */
export const NOT_SIGNED = 'is not signed with the secret of the trigger';

/** Why a request is not taken, a sentence without its subject; null where it is. The id is signed, so that none can be made up. */
export function signatureBreak(secret: string, request: SignedRequest, nowMs: number): string | null {
  const wanted = Buffer.from(signatureOf(secret, request));
  const isSigned = request.signature.split(' ').some((given) => {
    const bytes = Buffer.from(given);
    return bytes.length === wanted.length && timingSafeEqual(bytes, wanted);
  });
  if (!isSigned) return NOT_SIGNED;
  const age = nowMs / 1_000 - Number(request.timestamp);
  if (Math.abs(age) <= TOLERANCE_S) return null;
  return age > 0 ? `was signed ${Math.round(age)} s ago` : `was signed ${Math.round(-age)} s from now`;
}
