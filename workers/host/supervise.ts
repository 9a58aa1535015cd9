import { setTimeout as delay } from 'node:timers/promises';
import type { JsonValue } from '../../ir/json.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import { KnownFailure } from './error-report.ts';
import type { RunningJob } from './running-job.ts';

export interface Limits {
  /** Of the handler's own time: what comes before it has started is not counted. */
  readonly timeoutMs: number;
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
      () => undefined,
      () => undefined,
    );
    await Promise.race([ended, delay(limits.graceMs, undefined, { ref: false })]);
    await job.kill(limits.killedMs);
    throw first.stop;
  } finally {
    watch.end();
  }
}

function whyToStop(started: Promise<void>, { timeoutMs, signal }: Limits) {
  let end: () => void = () => undefined;
  const stop = new Promise<{ readonly stop: Error }>((resolve) => {
    const onAbort = () => resolve({ stop: cancelledFailure(signal) });
    const message = `The handler ran longer than the ${timeoutMs} ms that it may. Raise the step's timeout, or make it report checkpoints and do less at once.`;
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

export function cancelledFailure(signal: AbortSignal): Error {
  if (signal.reason instanceof TaskFailed) return signal.reason;
  return new KnownFailure('cancelled', 'Cancelled', 'The task was asked to stop.', false);
}
