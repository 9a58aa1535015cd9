import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../support/until.ts';
import type { FaultedRun } from '../faulted-run.ts';
import type { Random } from '../random.ts';
import type { Stage } from '../stage.ts';

/** Has a run pause for some seconds while faults strike. It ends as it would have, had it not. */
export async function pauseRun({ client }: Stage, { id }: FaultedRun, random: Random): Promise<void> {
  await delay(random.between(3_000, 10_000));
  const untilIs = (isPaused: boolean, order: () => Promise<unknown>) =>
    until(`run ${id} is ${isPaused ? 'paused' : 'unpaused'}`, async () => {
      // The answer may be lost, or the API away.
      await order().catch(() => delay(200));
      const detail = await client()
        .run(id)
        .catch(() => null);
      return detail !== null && (detail.run.endedAt !== null || (detail.run.pause !== null) === isPaused);
    });
  await untilIs(true, () => client().pauseRun(id));
  await delay(random.between(2_000, 6_000));
  await untilIs(false, () => client().unpauseRun(id));
}
