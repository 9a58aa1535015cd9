import type { ServerContext } from '../server-context.ts';
import { TemporalAway } from '../temporal/temporal-gateway.ts';
import { fireEvents } from './fire-events.ts';
import { waitingPasses } from './fire-waiting.ts';
import { lookOutside } from './look-outside.ts';

/** How long an event waits at most for its run, while the system is up. */
const EVERY_MS = 1_000;
/** What could not be done, and places outside, are tried less often. */
const AGAIN_EVERY_MS = 10_000;
const LOOK_EVERY_MS = 10_000;

/** Fires triggers, and looks at what they wait for, without keeping the process alive. @returns what stops it */
export function keepTriggers(context: ServerContext): () => void {
  const fire = keep(EVERY_MS, () => fireEvents(context), context, 'triggers could not be fired; it is tried again');
  const again = keep(AGAIN_EVERY_MS, waitingPasses(context), context, 'what waits could not be tried; it is again');
  const look = keep(LOOK_EVERY_MS, () => lookOutside(context), context, 'triggers could not look; they look again');
  return () => {
    fire();
    again();
    look();
  };
}

function keep(everyMs: number, pass: () => Promise<void>, { log }: ServerContext, failed: string): () => void {
  let timer: NodeJS.Timeout | null = null;
  let isStopped = false;
  const next = async (): Promise<void> => {
    await pass().catch((error: unknown) => {
      // Stores that close under it are no failure, and a Temporal that is away is waited for.
      if (!isStopped && !(error instanceof TemporalAway)) log.error({ err: error }, failed);
    });
    if (!isStopped) timer = setTimeout(() => void next(), everyMs).unref();
  };
  void next();
  return () => {
    isStopped = true;
    if (timer !== null) clearTimeout(timer);
  };
}
