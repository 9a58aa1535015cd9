const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
/** Digits of the shortest integer that may lie past 2^53. */
const LONG = 16;

/**
 * The same JSON with its long integers in quotes. `JSON.parse` rounds whole numbers past 2^53 to the next that a
 * 64-bit float can hold, and Node 20 gives no access to their digits; as texts they come through unharmed.
 *
 * Texts and numbers are walked over whole, so that the digits after a point or in a text are not taken for an integer. A
 * pattern would run out of stack on a long text of escapes.
 *
 * @param json Text that `JSON.parse` has taken.
 * @example quoteLongIntegers('{"id": 9007199254740993, "x": 0.1234567890123456}')
 * // '{"id": "9007199254740993", "x": 0.1234567890123456}'
 */
export function quoteLongIntegers(json: string): string {
  const parts: string[] = [];
  let copied = 0;
  let index = 0;
  while (index < json.length) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) {
      index = endOfText(json, index);
    } else if (code === MINUS || isDigit(code)) {
      const end = endOfNumber(json, index);
      const token = json.slice(index, end);
      const digits = code === MINUS ? token.length - 1 : token.length;
      if (digits >= LONG && !/[.eE]/.test(token)) {
        parts.push(json.slice(copied, index), `"${token}"`);
        copied = end;
      }
      index = end;
    } else {
      index += 1;
    }
  }
  return parts.length === 0 ? json : parts.join('') + json.slice(copied);
}

/** Whether a list, nested to any depth, holds a whole number that has lost digits. */
export function holdsRoundedInteger(values: unknown): boolean {
  const unseen = [values];
  while (unseen.length > 0) {
    const next = unseen.pop();
    if (!Array.isArray(next)) {
      if (Number.isInteger(next) && !Number.isSafeInteger(next)) return true;
      continue;
    }
    for (const value of next) unseen.push(value);
  }
  return false;
}

function endOfText(json: string, start: number): number {
  let index = start + 1;
  while (index < json.length) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) return index + 1;
    index += code === BACKSLASH ? 2 : 1;
  }
  return index;
}

function endOfNumber(json: string, start: number): number {
  let index = start + 1;
  while (index < json.length && isOfNumber(json.charCodeAt(index))) index += 1;
  return index;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Digits, and `+ - . e E`. */
function isOfNumber(code: number): boolean {
  return isDigit(code) || code === 0x2b || code === MINUS || code === 0x2e || code === 0x65 || code === 0x45;
}
