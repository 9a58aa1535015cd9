import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOfBytes, digestOfJson, isDigest } from './digest.ts';
import { canonicalJson, isJsonObject } from './json.ts';

describe('canonicalJson', () => {
  it('sorts keys by code units and writes no white space', () => {
    expect(canonicalJson({ b: 1, a: [true, null, 'x'], '10': {}, '9': [] })).toBe(
      '{"10":{},"9":[],"a":[true,null,"x"],"b":1}',
    );
    expect(canonicalJson({ '\u{1F600}': 1, '\uFB33': 2 })).toBe('{"\u{1F600}":1,"\uFB33":2}');
  });

  it('leaves out what is undefined in objects', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  it.each<[unknown, string]>([
    [{ a: [1, Number.NaN] }, '$.a[1] is NaN, which JSON cannot say.'],
    [Number.POSITIVE_INFINITY, '$ is Infinity, which JSON cannot say.'],
    [{ f: () => 1 }, '$.f is a function, which JSON cannot say.'],
    [[undefined], '$[0] is a undefined, which JSON cannot say.'],
    [{ n: 1n }, '$.n is a bigint, which JSON cannot say.'],
  ])('refuses what JSON cannot say, naming the place: %#', (value, message) => {
    expect(() => canonicalJson(value)).toThrow(new TypeError(message));
  });

  it('is JSON that says the same, whatever the order of the keys', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(plain);
        expect(canonicalJson(reversed(plain))).toBe(canonicalJson(value));
      }),
    );
  });
});

/** The same value with the keys of its objects the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}

describe('digests', () => {
  it('are sha-256 with the name before it', () => {
    expect(digestOfBytes('abc')).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(digestOfBytes(new TextEncoder().encode('abc'))).toBe(digestOfBytes('abc'));
    expect(digestOfJson({ b: 1, a: 2 })).toBe(digestOfBytes('{"a":2,"b":1}'));
  });

  it('are told from other texts', () => {
    expect(isDigest(digestOfBytes(''))).toBe(true);
    expect(isDigest('sha256:abc')).toBe(false);
    expect(isDigest(digestOfBytes('').toUpperCase())).toBe(false);
  });
});
