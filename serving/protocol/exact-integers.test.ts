import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteLongIntegers } from './exact-integers.ts';

describe('quoteLongIntegers', () => {
  it.each([
    ['[9007199254740993,-9007199254740993]', '["9007199254740993","-9007199254740993"]'],
    ['[0.12345678901234567,1234567890123456.5,1234567890123456e3,123]', null],
    [String.raw`{"9007199254740993":"9007199254740993","a\"9007199254740993":"\\"}`, null],
  ])('of %s', (json, quoted) => {
    expect(quoteLongIntegers(json)).toBe(quoted ?? json);
  });

  it('leaves all other JSON as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.stringify(value);
        const unquoted = JSON.stringify(JSON.parse(quoteLongIntegers(json)), (_key, item: unknown) =>
          typeof item === 'string' && /^-?\d{16,}$/.test(item) ? Number(item) : item,
        );
        const expected = JSON.stringify(value, (_key, item: unknown) =>
          typeof item === 'string' && /^-?\d{16,}$/.test(item) ? Number(item) : item,
        );
        expect(unquoted).toBe(expected);
      }),
    );
  });
});
