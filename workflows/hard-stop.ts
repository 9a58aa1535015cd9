import { exactDuration } from '../ir/duration.ts';
import type { RunOutcome } from '../ir/protocol/run-request.ts';

/** That a cancelled run was stopped, clean-up and exit handler included, when its grace was over. */
export interface HardStop {
  readonly graceMs: number;
  /** Paths of the tasks that went on then. */
  readonly stopped: readonly string[];
}

/** Most that are named; a fan-out in a `finallyDo` may have thousands. */
const MOST_NAMED = 10;

/**
 * How a run ends, given what its interpreter says, or null where it was not waited for. One that was about to end by
 * itself, with nothing under way, has not been stopped.
 */
export function endOf(outcome: RunOutcome | null, stop: HardStop | null): RunOutcome {
  if (outcome !== null && (stop === null || (stop.stopped.length === 0 && outcome.status !== 'cancelled'))) {
    return outcome;
  }
  return { status: 'cancelled', output: null, error: stopText(stop) };
}

function stopText(stop: HardStop | null): string {
  if (stop === null) return 'The run was cancelled.';
  const named = stop.stopped.slice(0, MOST_NAMED).map((path) => `'${path}'`);
  const more = stop.stopped.length > MOST_NAMED ? [`and ${stop.stopped.length - MOST_NAMED} more`] : [];
  const what = stop.stopped.length === 0 ? '' : `: ${[...named, ...more].join(', ')}`;
  return `The run was cancelled, and stopped hard after its grace of ${exactDuration(stop.graceMs)}${what}.`;
}
