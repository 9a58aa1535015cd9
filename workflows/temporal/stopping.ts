import { CancellationScope, condition } from '@temporalio/workflow';
import { CANCEL_GRACE_MS } from '../../ir/protocol/run-order.ts';
import type { HardStop } from '../hard-stop.ts';

/**
 * How long what was stopped hard has to tell its end. Workers kill handlers seconds after they were asked to end; one that
 * does not answer at all must not keep the run from its end.
 */
const LAST_WORD_MS = 60_000;

export interface Stopping {
  /** Cancels the run, and sets when it is stopped hard. Asked again, it can only come earlier. */
  cancel(graceMs: number): void;
  /** Sets when what is here is stopped hard, and cancels nothing before. */
  stopWithin(graceMs: number): void;
  isEnding(): boolean;
  /** Hears of each order to end, with what is left until the hard stop. */
  onEnd(listener: (graceMs: number) => void): void;
  /** A scope that goes on when the run is cancelled, and ends when it is stopped hard. */
  shield(): CancellationScope;
  /** Runs the body so that a cancellation reaches it. One that outlives the hard stop is waited for no more. */
  run<T>(body: () => Promise<T>): Promise<Stopped<T>>;
}

export interface Stopped<T> {
  /** What the body gave; null when it was waited for no more. */
  readonly ended: T | null;
  /** What was stopped hard; null when nothing was. */
  readonly stop: HardStop | null;
}

/**
 * Cancelling in two steps. At once: what is under way is asked to stop, nothing new starts, and `finallyDo` and `onExit`
 * run. When the grace is over: these are stopped, too. The grace is a timer of the workflow, so it outlives its workers.
 *
 * @param underWay what goes on at the moment, for people
 */
export function startStopping(underWay: () => readonly string[]): Stopping {
  const stage = new CancellationScope();
  const shields = new Set<CancellationScope>();
  let deadline: number | null = null;
  let graceMs = 0;
  let ended = false;
  let stop: HardStop | null = null;
  let tell: (graceMs: number) => void = () => {};
  const stopWithin = (within: number) => {
    if (deadline === null || Date.now() + within < deadline) {
      deadline = Date.now() + within;
      graceMs = within;
    }
    tell(leftOf(deadline));
  };
  const cancel = (within: number) => {
    stopWithin(within);
    stage.cancel();
  };
  // Temporal's own cancellation says no grace.
  stage.cancelRequested.catch(() => {
    if (deadline === null) cancel(CANCEL_GRACE_MS);
  });
  const stopHard = async () => {
    await condition(() => deadline !== null || ended);
    for (let left = leftOf(deadline); left > 0 && !ended; left = leftOf(deadline)) {
      const awaited = deadline;
      await condition(() => deadline !== awaited || ended, left);
    }
    if (ended) return;
    stop = { graceMs, stopped: underWay() };
    for (const shield of shields) shield.cancel();
    await condition(() => ended, LAST_WORD_MS);
  };
  return {
    cancel,
    stopWithin,
    isEnding: () => deadline !== null,
    onEnd: (listener) => {
      tell = listener;
    },
    shield: () => {
      // Its parent hears of no cancellation, so that it does not by itself.
      const shield = new CancellationScope({
        cancellable: true,
        parent: new CancellationScope({ cancellable: false }),
      });
      if (stop === null) shields.add(shield);
      else shield.cancel();
      return shield;
    },
    run: async <T>(body: () => Promise<T>) => {
      const givenUp = CancellationScope.nonCancellable(stopHard).then(() => null);
      const result = await Promise.race([stage.run(body), givenUp]);
      ended = true;
      return { ended: result, stop };
    },
  };
}

function leftOf(deadline: number | null): number {
  return deadline === null ? 0 : deadline - Date.now();
}
