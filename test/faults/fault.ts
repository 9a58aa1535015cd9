import type { FaultedRun } from './faulted-run.ts';
import type { Random } from './random.ts';
import type { Stage } from './stage.ts';

/** An attempt that went on after another had taken its place. */
export interface Zombie {
  readonly runId: string;
  readonly path: string;
  readonly attempt: number;
}

/** What a fault can be done to. */
export interface Scene {
  readonly stage: Stage;
  /** Those under way; one at least. */
  readonly runs: readonly FaultedRun[];
  readonly random: Random;
  /** Who makes one says so here. */
  readonly zombies: Zombie[];
}

/** A way in which something breaks. */
export interface Fault {
  readonly kind: string;
  /** Whether there is what it needs: a driver, a tool, a right. */
  readonly isPossible: (stage: Stage) => boolean;
  /** Resolves when it has passed. @returns what was hit; null where nothing was, which does not count. */
  readonly strike: (scene: Scene) => Promise<string | null>;
}

/** A fault that has passed. */
export interface Struck {
  /** From 1. */
  readonly number: number;
  readonly kind: string;
  readonly hit: string;
  readonly at: string;
  readonly tookMs: number;
}
