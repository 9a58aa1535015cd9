/** Bytes of a value's JSON, as Temporal counts them. */
export function jsonSize(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
