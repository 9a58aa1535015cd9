import { LONGEST_PAUSE_MS } from '../ir/protocol/slots.ts';

const SHORTEST_PAUSE_MS = 1_000;
/**
 * Of what was waited already. What is waited for is taken up at most that much late; an hour's wait takes some forty looks, and
 * one of months still has room in a history.
 */
const PAUSE_SHARE = 1 / 4;

/** How long a run that waits for something in the store, and has waited so long, lets pass before it looks again. */
export function pauseBeforeAsking(waitedMs: number): number {
  return Math.min(Math.max(PAUSE_SHARE * waitedMs, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
}
