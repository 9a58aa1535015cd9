import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/**
 * Headers of the Standard Webhooks specification (https://www.standardwebhooks.com), for which receivers have libraries: the
 * signature is over id, time and body, so that none of them can be changed, and an old request can be told.
 *
 * @param secret `whsec_` and a key in base64; other text is a key as it is
 */
export function signedHeaders(
  id: string,
  body: string,
  secret: string,
  nowMs: number,
): Readonly<Record<string, string>> {
  const key = secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret);
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
