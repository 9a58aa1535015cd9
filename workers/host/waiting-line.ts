/** Those that wait for a child of a kind, first come, first served. */
export interface WaitingLine<Child> {
  /**
   * Waits to be called. While nobody calls, `mayStart` is asked every half second; true sends this one off to start a
   * child of its own.
   *
   * @returns a child that came back, or null for whoever is to start one.
   * @throws the signal's reason, or that of `close`.
   */
  readonly wait: (key: string, mayStart: () => boolean, signal: AbortSignal) => Promise<Child | null>;
  /** @returns false when nobody waits for this. */
  readonly call: (key: string, child: Child | null) => boolean;
  readonly length: (key: string) => number;
  /** Sends all away. */
  readonly close: (reason: Error) => void;
}

/** About what a start takes; waiting that long for what saves one costs at most as much again. */
const PATIENCE_MS = 500;

interface Place<Child> {
  readonly key: string;
  readonly go: (child: Child | null) => void;
  readonly leave: (reason: unknown) => void;
}

export function createWaitingLine<Child>(): WaitingLine<Child> {
  const places = new Set<Place<Child>>();
  return {
    wait: (key, mayStart, signal) =>
      new Promise((resolve, reject) => {
        const timer = setInterval(() => {
          if (mayStart()) place.go(null);
        }, PATIENCE_MS);
        const quit = () => {
          clearInterval(timer);
          signal.removeEventListener('abort', onAbort);
          places.delete(place);
        };
        const place: Place<Child> = {
          key,
          go: (child) => {
            quit();
            resolve(child);
          },
          leave: (reason) => {
            quit();
            reject(reason);
          },
        };
        const onAbort = () => place.leave(signal.reason);
        signal.addEventListener('abort', onAbort);
        places.add(place);
      }),
    call(key, child) {
      const first = [...places].find((place) => place.key === key);
      first?.go(child);
      return first !== undefined;
    },
    length: (key) => [...places].filter((place) => place.key === key).length,
    close(reason) {
      for (const place of [...places]) place.leave(reason);
    },
  };
}
