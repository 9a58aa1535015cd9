import { condition } from '@temporalio/workflow';

/** What one event sets going may wait for a condition that it fulfils itself, and do the rest a round later. */
const ROUNDS = 3;

/**
 * Resolves when everything that came to the workflow together with what calls it has been dealt with: conditions are
 * looked at when nothing else is left to do.
 */
export async function quiet(): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    let isOver = false;
    const over = condition(() => isOver);
    isOver = true;
    await over;
  }
}
