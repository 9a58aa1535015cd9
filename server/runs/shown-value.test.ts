import { describe, expect, it } from 'vitest';
import { shownValue } from './shown-value.ts';

describe('a value of an input, shown', () => {
  it.each<[string, Parameters<typeof shownValue>[1], string | null]>([
    ['rate', { rate: 0.1 }, '0.1'],
    ['rate', {}, null],
    ['rate', null, null],
    ['rate', { rate: null }, 'null'],
    ['apiKey', { apiKey: 'abc' }, '(masked)'],
    ['login', { login: { user: 'ada', password: 'abc' } }, '{"user":"ada","password":"(masked)"}'],
    ['url', { url: 'https://ada:abc@host/x?day=1&sig=abc' }, '"https://(masked)@host/x?day=1&sig=(masked)"'],
    ['url', { url: 'https://host/x?X-Amz-Signature=abc&n=1' }, '"https://host/x?X-Amz-Signature=(masked)&n=1"'],
    [
      'data',
      { data: { artifact: 'dataset', digest: `sha256:${'a'.repeat(64)}`, uri: 's3://b', size: 1, metadata: {} } },
      `dataset sha256:${'a'.repeat(64)}`,
    ],
  ])('%s of %j is %s', (name, input, shown) => {
    expect(shownValue(name, input)).toBe(shown);
  });

  it('is cut where it is long', () => {
    expect(shownValue('text', { text: 'x'.repeat(1_000) })).toBe(`"${'x'.repeat(119)}…`);
  });
});
