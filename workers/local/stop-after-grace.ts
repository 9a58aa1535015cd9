import { CANCEL_GRACE_MS } from '../../ir/protocol/run-order.ts';
import type { RunOutcome } from '../../ir/protocol/run-request.ts';
import { endOf, type HardStop } from '../../workflows/hard-stop.ts';

export interface LocalStop {
  /** Fires when the grace of the cancelled run is over. */
  readonly signal: AbortSignal;
  /** How the run ended, given what its interpreter says. */
  judge(outcome: RunOutcome): RunOutcome;
}

/**
 * Stops a cancelled run hard once its grace is over, as its workflow does on Temporal.
 *
 * @param underWay what goes on at the moment
 */
export function stopAfterGrace(
  cancelled: AbortSignal,
  underWay: () => readonly string[],
  graceMs = CANCEL_GRACE_MS,
): LocalStop {
  const stopping = new AbortController();
  let stop: HardStop | null = null;
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(() => {
      stop = { graceMs, stopped: underWay() };
      stopping.abort();
    }, graceMs);
  };
  if (cancelled.aborted) begin();
  else cancelled.addEventListener('abort', begin, { once: true });
  return {
    signal: stopping.signal,
    judge: (outcome) => {
      clearTimeout(timer);
      return endOf(outcome, stop);
    },
  };
}
