import type { ExecutionPort } from './execution-port.ts';
import { pauseBeforeAsking } from './pause-before-asking.ts';

/** Which results the tasks of a run make, and when those that wait for one ask again. */
export interface Flights {
  /** Says that a task of this run makes the result of a key. @returns to be called when it has ended */
  begin(key: string): () => void;
  /**
   * Resolves when it is time to look again for the result of a key that another task makes: at once when that is one of
   * this run and it has ended, else after a pause.
   *
   * @param since when the caller began to wait
   */
  next(key: string, since: number): Promise<void>;
  /** Nobody waits any more. */
  close(): void;
}

export function createFlights(port: ExecutionPort): Flights {
  const underWay = new Map<string, Promise<void>>();
  const pauses = sharedPauses(port);
  return {
    begin: (key) => {
      let land = () => {};
      const flight = new Promise<void>((resolve) => {
        land = resolve;
      });
      underWay.set(key, flight);
      return () => {
        if (underWay.get(key) === flight) underWay.delete(key);
        land();
      };
    },
    next: (key, since) => underWay.get(key) ?? pauses.pause(since),
    close: pauses.stop,
  };
}

interface Timer {
  readonly due: number;
  readonly stop: () => void;
}

/**
 * One timer for all that waits: of two equal runs with a thousand tasks each, the second would else fill its history with
 * timers. Those that are woken ask together, too.
 */
function sharedPauses(port: ExecutionPort) {
  let waiting: (() => void)[] = [];
  let timer: Timer | null = null;
  const wake = () => {
    timer = null;
    const woken = waiting;
    waiting = [];
    for (const each of woken) each();
  };
  const pause = (since: number) =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      const pauseMs = pauseBeforeAsking(port.now() - since);
      const due = port.now() + pauseMs;
      if (timer !== null && timer.due <= due) return;
      timer?.stop();
      timer = { due, stop: startTimer(port, pauseMs, wake) };
    });
  const stop = () => {
    timer?.stop();
    timer = null;
  };
  return { pause, stop };
}

/** It belongs to no task: one that is cancelled must not stop the others' timer. @returns what stops it */
function startTimer(port: ExecutionPort, ms: number, ring: () => void): () => void {
  const shield = port.scope({ shielded: true });
  let stop = () => {};
  const rung = shield.run(async () => {
    const inner = shield.port.scope({ shielded: false });
    stop = inner.cancel;
    await inner.run(() => inner.port.sleep(ms));
  });
  // Rejected when it is stopped.
  rung.then(ring, () => {});
  return () => stop();
}
