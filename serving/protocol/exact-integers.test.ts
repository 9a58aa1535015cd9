import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdsRoundedInteger, quoteLongIntegers } from './exact-integers.ts';

describe('quoteLongIntegers', () => {
  it.each([
    ['[9007199254740993,-9007199254740993]', '["9007199254740993","-9007199254740993"]'],
    ['[0.12345678901234567,1234567890123456.5,1234567890123456e3,123]', null],
    ['[[-1e16,1E+16],[[10000000000000000]],-0.5]', '[[-1e16,1E+16],[["10000000000000000"]],-0.5]'],
    [String.raw`{"9007199254740993":"9007199254740993","a\"9007199254740993":"\\"}`, null],
  ])('of %s', (json, quoted) => {
    expect(quoteLongIntegers(json)).toBe(quoted ?? json);
  });

  it('has no text too long for it, nor one of too many escapes', () => {
    const text = String.raw`\"\\`.repeat(2_000_000);
    expect(quoteLongIntegers(`["${text}",9007199254740993]`)).toBe(`["${text}","9007199254740993"]`);
    const digits = '7'.repeat(8_000_000);
    expect(quoteLongIntegers(`[${digits}]`)).toBe(`["${digits}"]`);
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

describe('holdsRoundedInteger', () => {
  it('looks into lists of any depth', () => {
    const deep = (value: string) => JSON.parse(`${'['.repeat(50_000)}${value}${']'.repeat(50_000)}`);
    expect(holdsRoundedInteger(deep('9007199254740993'))).toBe(true);
    expect(holdsRoundedInteger(deep('1.5, 9007199254740991, "9007199254740993", null'))).toBe(false);
    expect(holdsRoundedInteger(undefined)).toBe(false);
  });
});
