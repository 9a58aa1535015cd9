import { createHmac } from 'node:crypto';

/*
 * Signatures of the Standard Webhooks specification (https://www.standardwebhooks.com), for which senders and receivers have
 * libraries: over id, time and body, so that none of them can be changed, and an old request can be told.
 */

/** Begins secrets that are a key in base64. */
export const SECRET_PREFIX = 'whsec_';

export interface UnsignedRequest {
  /** `webhook-id` */
  readonly id: string;
  /** `webhook-timestamp`: whole seconds since the epoch. */
  readonly timestamp: string;
  readonly body: string | Uint8Array;
}

/**
 * What `webhook-signature` has to be.
 *
 * @param secret `whsec_` and a key in base64; other text is a key as it is
 */
export function signatureOf(secret: string, { id, timestamp, body }: UnsignedRequest): string {
  const key = secret.startsWith(SECRET_PREFIX)
    ? Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
    : Buffer.from(secret);
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
}

/** The headers that sign a request of now; its id goes in one of its own. */
export function signedHeaders(
  id: string,
  body: string,
  secret: string,
  nowMs: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  return { 'webhook-timestamp': timestamp, 'webhook-signature': signatureOf(secret, { id, timestamp, body }) };
}
