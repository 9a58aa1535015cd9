import { setTimeout as delay } from 'node:timers/promises';
import { exactDuration } from '../../ir/duration.ts';
import type { JsonValue } from '../../ir/json.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import { KnownFailure } from './error-report.ts';
import type { RunningJob } from './running-job.ts';

export interface Limits {
  /** Of the handler's own time: what comes before it has started is not counted. */
  readonly timeoutMs: number;
  /** What to do about a handler that takes longer, as a sentence. */
  readonly timeoutCure: string;
  readonly graceMs: number;
  /** How long is waited for the end of what had to be killed. */
  readonly killedMs: number;
  /** Fires on cancellation; a `TaskFailed` as its reason is thrown as it is. */
  readonly signal: AbortSignal;
}

/** Timers hold no more; a longer timeout is none in practice. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Waits for a job's output, at most for as long as it may take. Asks it to stop when it has to, and ends it by force
 * when it has not stopped after the grace period. What it gives after it was asked to stop is not taken.
 */
export async function supervise(job: RunningJob, limits: Limits): Promise<JsonValue> {
  const watch = whyToStop(job.started, limits);
  try {
    const first = await Promise.race([job.output.then((output) => ({ output })), watch.stop]);
    if ('output' in first) return first.output;
    job.stop(first.stop.message);
    const ended = job.output.then(
      () => true,
      () => true,
    );
    const hasEnded = await Promise.race([ended, delay(limits.graceMs, false, { ref: false })]);
    await job.kill(limits.killedMs);
    throw hasEnded ? first.stop : killedFailure(first.stop, limits.graceMs);
  } finally {
    watch.end();
  }
}

function whyToStop(started: Promise<void>, { timeoutMs, timeoutCure, signal }: Limits) {
  let end: () => void = () => undefined;
  const stop = new Promise<{ readonly stop: Error }>((resolve) => {
    const onAbort = () => resolve({ stop: cancelledFailure(signal) });
    const message = `The handler ran longer than the ${exactDuration(timeoutMs)} that it may. ${timeoutCure}`;
    const onTimeout = () => resolve({ stop: new KnownFailure('timeout', 'TaskTimeout', message) });
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    void started.then(() => {
      if (!isOver) timer = setTimeout(onTimeout, Math.min(timeoutMs, MAX_TIMER_MS));
    });
    signal.addEventListener('abort', onAbort);
    end = () => {
      isOver = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    if (signal.aborted) onAbort();
  });
  return { stop, end };
}

/** Says what the time after the limit went into, for whoever wonders why it ended no sooner. */
function killedFailure(stop: Error, graceMs: number): Error {
  if (!(stop instanceof KnownFailure)) return stop;
  const killed = `It was asked to stop then, did not within ${exactDuration(graceMs)}, and was killed.`;
  return new KnownFailure(stop.failureKind, stop.name, `${stop.message} ${killed}`, stop.retryable);
}

export function cancelledFailure(signal: AbortSignal): Error {
  if (signal.reason instanceof TaskFailed) return signal.reason;
  return new KnownFailure('cancelled', 'Cancelled', 'The task was asked to stop.', false);
}
