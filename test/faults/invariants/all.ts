import type { EndedRun, Invariant } from '../ended-run.ts';
import { cancelledEnd } from './cancelled-end.ts';
import { completeLineage } from './complete-lineage.ts';
import { effectsOnce } from './effects-once.ts';
import { nothingAgain } from './nothing-again.ts';
import { onlyTheRest } from './only-the-rest.ts';
import { ownEffects } from './own-effects.ts';
import { promotionsOnce } from './promotions-once.ts';
import { roomInHistories } from './room-in-histories.ts';
import { sameEnd } from './same-end.ts';
import { wholeGangs } from './whole-gangs.ts';
import { zombiesMovedNothing } from './zombies-moved-nothing.ts';

/** Whatever becomes of a run. */
const ALWAYS: readonly Invariant[] = [
  nothingAgain,
  zombiesMovedNothing,
  wholeGangs,
  ownEffects,
  completeLineage,
  roomInHistories,
];

/**
 * What must hold of a run. One that was cancelled may end so, and no other: `sameEnd` tells of it. What a cancelled one publishes
 * or promotes may still be on its way, and what its retry does, it does a second time.
 */
export function invariantsOf({ detail, retryOf, wasCancelled }: EndedRun): readonly Invariant[] {
  if (retryOf !== null) return [...ALWAYS, sameEnd, onlyTheRest];
  return wasCancelled && detail.run.status === 'cancelled'
    ? [...ALWAYS, cancelledEnd]
    : [...ALWAYS, sameEnd, effectsOnce, promotionsOnce];
}
