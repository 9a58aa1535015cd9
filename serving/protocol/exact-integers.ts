/** A JSON text, or a JSON number whole: so that the digits after a point or in a text are not taken for an integer. */
const TEXT_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** The shortest integer that may lie past 2^53. */
const LONG_INTEGER = /^-?\d{16,}$/;

/**
 * The same JSON with its long integers in quotes. `JSON.parse` rounds whole numbers past 2^53 to the next that a
 * 64-bit float can hold, and Node 20 gives no access to their digits; as texts they come through unharmed.
 *
 * @example quoteLongIntegers('{"id": 9007199254740993, "x": 0.1234567890123456}')
 * // '{"id": "9007199254740993", "x": 0.1234567890123456}'
 */
export function quoteLongIntegers(json: string): string {
  return json.replace(TEXT_OR_NUMBER, (token) => (LONG_INTEGER.test(token) ? `"${token}"` : token));
}

export function holdsRoundedInteger(values: unknown): boolean {
  return Array.isArray(values)
    ? values.some(holdsRoundedInteger)
    : Number.isInteger(values) && !Number.isSafeInteger(values);
}
