/** Writes and reads JSON columns. What is read was written by this package, so its shape is taken on trust. */
export function toColumn(value: unknown): string {
  return JSON.stringify(value);
}

export function fromColumn<T>(text: string): T {
  return JSON.parse(text) as T;
}
