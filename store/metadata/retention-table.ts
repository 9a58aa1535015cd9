import type { Digest } from '../../ir/digest.ts';
import type { ModelVersion } from './registry-table.ts';

/** How far back things are kept. What is null is kept as long as what it hangs on. Times are milliseconds since the epoch. */
export interface RetentionCuts {
  /** Whose runs it is about; null for all. */
  readonly pipeline: string | null;
  /** Runs that ended before it go. */
  readonly runsBefore: number | null;
  /** Of each pipeline so many of its newest runs stay; those that go on count, too. */
  readonly runsKept: number | null;
  /** Logs of runs that ended before it go. */
  readonly logsBefore: number | null;
  /** What runs that ended before it read and made is not needed for their sake, and no result kept before it is. */
  readonly artifactsBefore: number | null;
}

/** What goes by age and count. */
export interface Expired {
  readonly runs: readonly string[];
  /** Of runs that stay. */
  readonly logs: { readonly chunks: number; readonly bytes: number };
  /** Results in the cache, those of the runs among them. */
  readonly results: number;
}

/** What the rows that stay refer to. */
export interface Needed {
  readonly digests: ReadonlySet<Digest>;
  /** Compiled pipelines, which refer to code in turn. */
  readonly compiled: readonly Digest[];
}

/**
 * What a collection asks of the rows, and takes away of them. A run that goes on is never among them, nor one whose
 * results such a run takes over. Results in the cache are kept no longer than the run that made them.
 */
export interface RetentionTable {
  expired(cuts: RetentionCuts): Promise<Expired>;
  /**
   * Takes a run with all that hangs on it: tasks, attempts, logs, checkpoints, metrics, results in the cache, lineage. Of one
   * that made a version of a model the lineage stays.
   *
   * @returns false when it is not there, goes on, or is taken over from by a run that goes on: nothing is changed then
   */
  deleteRun(id: string): Promise<boolean>;
  /** The versions of models that a run made. */
  versionsOf(id: string): Promise<readonly Pick<ModelVersion, 'model' | 'version'>[]>;
  /** Logs and results. */
  deleteExpired(cuts: RetentionCuts): Promise<void>;
  /** As it would be after the expired were gone: artifacts of runs, versions of models, schedules; code of pipelines. */
  needed(cuts: RetentionCuts): Promise<Needed>;
  /** When the first run was created that goes on, or has ended since a time; null when there is none. */
  oldestUnsettled(endedSince: number): Promise<number | null>;
}
