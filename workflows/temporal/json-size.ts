/** Bytes of a value's JSON, as Temporal counts them. */
export function jsonSize(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

/** How often `leastSize` may be contained in the true size: a number counts for 1 and has up to 24 characters. */
const AT_MOST_TIMES = 24;

/** Whether a value's JSON has more bytes than that. What has far more or far less is told without writing it. */
export function isLarger(value: unknown, bytes: number): boolean {
  const least = leastSize(value, bytes);
  if (least > bytes) return true;
  return least * AT_MOST_TIMES > bytes && jsonSize(value) > bytes;
}

/**
 * As many bytes as a value's JSON has at the least: of ASCII texts, about as many as it has. Quick, for it writes
 * nothing, and stops where it is past `enough`.
 */
export function leastSize(value: unknown, enough = Number.POSITIVE_INFINITY): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return value === undefined ? 0 : 1;
  let size = 1;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && size <= enough; index++)
      size += 1 + leastSize(value[index], enough - size);
    return size;
  }
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) size += key.length + 4 + leastSize(item, enough - size);
    if (size > enough) break;
  }
  return size;
}
