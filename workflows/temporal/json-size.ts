/**
 * Bytes of a value's JSON, as Temporal counts them. Nothing is written for it, so that a value of any size can be
 * measured: JSON of more than half a GiB is more than a string holds. Stops where it is past `enough`, and gives then some
 * number beyond that.
 */
export function jsonSize(value: unknown, enough = Number.POSITIVE_INFINITY): number {
  if (typeof value === 'string') return textSize(value);
  if (value === null) return 4;
  if (Array.isArray(value)) return arraySize(value, enough);
  if (typeof value === 'object') return objectSize(value, enough);
  return JSON.stringify(value)?.length ?? 0;
}

/** Whether a value's JSON has more bytes than that. */
export function isLarger(value: unknown, bytes: number): boolean {
  return jsonSize(value, bytes) > bytes;
}

function arraySize(items: readonly unknown[], enough: number): number {
  let size = 2 + Math.max(items.length - 1, 0);
  for (let index = 0; index < items.length && size <= enough; index++) {
    size += jsonSize(items[index] ?? null, enough - size);
  }
  return size;
}

function objectSize(fields: object, enough: number): number {
  let size = 1;
  for (const [key, item] of Object.entries(fields)) {
    if (item === undefined) continue;
    size += textSize(key) + 2;
    if (size > enough) return size;
    size += jsonSize(item, enough - size);
  }
  // A comma was counted for each field, and there is one less; the bracket that closes takes its place.
  return Math.max(size, 2);
}

/** Anything that JSON does not say with one byte. */
const UNUSUAL = /[^ !#-[\]-~]/;

function textSize(text: string): number {
  let size = text.length + 2;
  if (!UNUSUAL.test(text)) return size;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === QUOTE || code === BACKSLASH) size += SHORT_ESCAPES.has(code) ? 1 : 5;
    else if (code >= 0x80 && code < 0x800) size += 1;
    else if (code >= 0xd800 && code < 0xe000) {
      // A pair has four bytes, and half of one alone is written as `\ud83d`.
      const isPair = code < 0xdc00 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
      size += isPair ? 2 : 5;
      if (isPair) index += 1;
    } else if (code >= 0x800) size += 2;
  }
  return size;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SHORT_ESCAPES: ReadonlySet<number> = new Set([...'\b\t\n\f\r"\\'].map((char) => char.charCodeAt(0)));
