import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { signatureOf, signedHeaders } from './standard-webhooks.ts';

it.each([
  ['whsec_a2V5', Buffer.from('key')],
  ['another key', Buffer.from('another key')],
])('a request is signed with %s', (secret, key) => {
  const headers = signedHeaders('d', '{"a":1}', secret, 1_700_000_000_900);
  const wanted = createHmac('sha256', key).update('d.1700000000.{"a":1}').digest('base64');
  expect(headers).toEqual({ 'webhook-timestamp': '1700000000', 'webhook-signature': `v1,${wanted}` });
});

it('a signature is what the specification gives as an example', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const request = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: '1614265330', body: '{"test": 2432232314}' };
  expect(signatureOf(secret, request)).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});
