import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient, RunDetail } from '../../server/client.ts';
import { noPolicies, type RetryPolicies } from './retries.ts';
import { screenFor } from './screen.ts';

export interface WatchOptions {
  /** Where the picture goes: stdout, or stderr when stdout is for a document. */
  readonly stream: NodeJS.WriteStream;
  /** Stops the watching; the run goes on. */
  readonly signal: AbortSignal;
  /** Thrown when it settles before the run's end: the run's own process is gone, for instance. */
  readonly broken?: Promise<never>;
  /** What else there is to say since the last look. */
  readonly news?: () => readonly string[];
  /** How its tasks are tried again, for what is said of attempts that failed. */
  readonly policies?: RetryPolicies;
}

const FIRST_LOOK_MS = 100;
const SLOWEST_LOOK_MS = 1_000;

/**
 * Shows a run until it ends: a live tree on a terminal, a line for each change elsewhere.
 *
 * @returns the run as it ended, or as it was when the watching was stopped.
 */
export async function watchRun(
  client: Pick<ApiClient, 'run'>,
  runId: string,
  options: WatchOptions,
): Promise<RunDetail> {
  const screen = screenFor(options.stream, options.policies ?? noPolicies);
  try {
    for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(pauseMs * 1.3, SLOWEST_LOOK_MS)) {
      const detail = await raced(client.run(runId), options.broken);
      for (const line of options.news?.() ?? []) screen.say(line);
      const changed = screen.show(detail);
      if (detail.run.endedAt !== null || options.signal.aborted) return detail;
      if (changed) pauseMs = FIRST_LOOK_MS;
      await raced(
        delay(pauseMs, undefined, { signal: options.signal }).catch(() => {}),
        options.broken,
      );
    }
  } finally {
    screen.close();
  }
}

function raced<T>(work: Promise<T>, broken: Promise<never> | undefined): Promise<T> {
  return broken === undefined ? work : Promise.race([work, broken]);
}
