/** A promise, and what resolves it. */
export interface Signalled<T> {
  readonly promise: Promise<T>;
  readonly signal: (value: T) => void;
}

export function signalled<T = void>(): Signalled<T> {
  let signal: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    signal = resolve;
  });
  return { promise, signal };
}
