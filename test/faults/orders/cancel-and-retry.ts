import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../support/until.ts';
import { type FaultedRun, retriedRun } from '../faulted-run.ts';
import type { Random } from '../random.ts';
import type { Stage } from '../stage.ts';

/** Longer than anything that is cleaned up takes amid faults: what is due is that it comes about. */
const GRACE_MS = 600_000;

/** Cancels a run while faults strike. @returns it once it has ended, however it did: it may have before it was asked to. */
export async function cancelRun({ client }: Stage, run: FaultedRun, random: Random): Promise<FaultedRun> {
  await delay(random.between(4_000, 12_000));
  let wasCancelled = false;
  const ask = () => {
    wasCancelled = true;
    return client().cancelRun(run.id, { graceMs: GRACE_MS });
  };
  // The answer may be lost, or the API away: said twice it is said once.
  await until(`run ${run.id} is asked to end`, async () => run.hasEnded() || (await ask().catch(() => null)));
  await run.ended;
  return { ...run, wasCancelled };
}

/** A run that takes over what the cancelled one finished. */
export async function retryRun(stage: Stage, cancelled: FaultedRun): Promise<FaultedRun> {
  const runId = `${cancelled.id}-again`;
  // The same id again finds the run that an answer which was lost told of.
  const again = () => stage.client().retryRun(cancelled.id, { runId });
  await until(`run ${cancelled.id} is retried`, () => again().catch(() => null));
  return retriedRun(stage, cancelled, runId);
}
