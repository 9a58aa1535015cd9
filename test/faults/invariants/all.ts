import type { Invariant } from '../ended-run.ts';
import { completeLineage } from './complete-lineage.ts';
import { effectsOnce } from './effects-once.ts';
import { nothingAgain } from './nothing-again.ts';
import { sameEnd } from './same-end.ts';
import { zombiesMovedNothing } from './zombies-moved-nothing.ts';

export const INVARIANTS: readonly Invariant[] = [
  sameEnd,
  effectsOnce,
  nothingAgain,
  zombiesMovedNothing,
  completeLineage,
];
