import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskerOf } from './masker.ts';

const PEM =
  '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END KEY-----';

describe('a masker', () => {
  const masker = maskerOf({ token: 'canary/41 bird', short: 'ab', key: PEM });

  it.each([
    ['as it is', 'the canary/41 bird sings', 'the *** sings'],
    ['in a URL', '?t=canary%2F41%20bird&x', '?t=***&x'],
    ['in a form', new URLSearchParams({ t: 'canary/41 bird' }).toString(), 't=***'],
    ['in hex', Buffer.from('canary/41 bird').toString('hex'), '***'],
    ['in hex of capitals', Buffer.from('canary/41 bird').toString('hex').toUpperCase(), '***'],
    ['in base64', `Basic ${Buffer.from('canary/41 bird').toString('base64')}`, 'Basic ***'],
    ['in JSON, with its line breaks', JSON.stringify({ PEM }), '{"PEM":"***"}'],
    [
      'in JSON that stands as a text in JSON',
      JSON.stringify([JSON.stringify([JSON.stringify({ PEM })])]),
      '["[\\"{\\\\\\"PEM\\\\\\":\\\\\\"***\\\\\\"}\\"]"]',
    ],
    ['a line of a long one', 'line MIIEvQIBADANBgkqhkiG9w0BAQEFAASC', 'line ***'],
  ])('hides a secret %s', (_, text, masked) => {
    expect(masker.mask(text)).toBe(masked);
  });

  it('hides a secret in base64, whatever stands before and after it', () => {
    const around = fc.uint8Array({ maxLength: 7 });
    const secret = fc.string({ unit: 'grapheme', minLength: 8 });
    fc.assert(
      fc.property(around, secret, around, fc.constantFrom('base64', 'base64url'), (before, value, after, encoding) => {
        const text = Buffer.concat([before, Buffer.from(value), after]).toString(encoding);
        const own = maskerOf({ value });
        expect(own.find(text)).toEqual(['value']);
        // Characters at the edges hold bits of the neighbours, too.
        expect(own.mask(text).length).toBeLessThanOrEqual(Math.ceil((before.length + after.length) * (4 / 3)) + 9);
      }),
      { numRuns: 300 },
    );
  });

  it('leaves alone what short secrets are in base64 and hex', () => {
    const own = maskerOf({ short: '1234567' });
    expect(own.mask('MTIzNDU2Nw 31323334353637')).toBe('MTIzNDU2Nw 31323334353637');
    expect(own.mask('is 1234567')).toBe('is ***');
  });

  it('names those that it finds, but for those too short to be sure of', () => {
    expect(masker.find('"canary/41 bird" and ab')).toEqual(['token']);
  });

  it('leaves all text alone where there are no secrets', () => {
    const stream = maskerOf({}).stream();
    expect([stream.push('any'), stream.end()]).toEqual(['any', '']);
  });
});

describe('text in pieces', () => {
  it('gives the same as the whole, wherever it is cut', () => {
    const secrets = { a: 'xab', b: 'abcab', c: 'abcabcab' };
    const masker = maskerOf(secrets);
    const piece = fc.string({ unit: fc.constantFrom('x', 'a', 'b', 'c', '-'), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const stream = masker.stream();
        const shown = pieces.map((part) => stream.push(part)).join('') + stream.end();
        for (const secret of Object.values(secrets)) expect(shown).not.toContain(secret);
        expect(shown).toBe(masker.mask(pieces.join('')));
      }),
      { numRuns: 500 },
    );
  });

  it('holds back no more than what may be a beginning', () => {
    const stream = maskerOf({ token: 'canary' }).stream();
    expect(stream.push('progress 10% can')).toBe('progress 10% ');
    expect(stream.push('not')).toBe('cannot');
  });
});
