import type { RunEnded } from '../../ir/event-facts.ts';
import type { JsonObject, JsonValue } from '../../ir/json.ts';
import type { Pause } from '../../ir/protocol/run-order.ts';
import type { RunCache } from '../../ir/protocol/run-request.ts';
import type { RunStatus } from '../../ir/protocol/transition.ts';
import type { PlacedProcess } from '../../platform/process-identity.ts';
import type { LeftOut } from './left-out.ts';
import type { Page, PageRequest } from './metadata-store.ts';

export const RUN_DRIVERS = ['temporal', 'local'] as const;

export interface Run {
  readonly id: string;
  readonly pipeline: string;
  /** 0, and the digest '', for a run of a schedule that found no pipeline: it failed before it began. */
  readonly pipelineVersion: number;
  readonly compiledDigest: string;
  /** A label for people; not unique. */
  readonly name: string | null;
  readonly driver: (typeof RUN_DRIVERS)[number];
  readonly workflowId: string | null;
  /** The process that executes a local run, from when it has begun to. */
  readonly runner: PlacedProcess | null;
  readonly params: JsonObject;
  readonly status: RunStatus;
  /** Set while a running one starts nothing new. */
  readonly pause: Pause | null;
  readonly output: JsonValue;
  readonly error: string | null;
  readonly submittedBy: string;
  /** The run whose finished outputs this one takes over. */
  readonly retryOf: string | null;
  /** What this run was told to do with the cache, whatever its tasks say; null where they decide. */
  readonly cache: RunCache | null;
  /** Task paths from which on it takes nothing over; none in a plain retry. */
  readonly rerunFrom: readonly string[];
  readonly logicalTime: string | null;
  readonly partition: string | null;
  /** The schedule that started it, or the run that it retries; null for a run of none. */
  readonly schedule: string | null;
  /** The backfill that it is of; null for a run of none. */
  readonly backfill: string | null;
  /** 1 to 5, of which 1 comes first; null where it was not given, and is 3. */
  readonly priority: number | null;
  /** Milliseconds since the epoch, as are all times here. */
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** A run without those of its values that are too large to be listed: `params` is empty then, `output` null. */
export interface ListedRun extends Run {
  readonly leftOut: LeftOut<'params' | 'output'> | null;
}

export interface NewRun
  extends Omit<
    Run,
    | 'backfill'
    | 'cache'
    | 'priority'
    | 'runner'
    | 'status'
    | 'pause'
    | 'output'
    | 'error'
    | 'createdAt'
    | 'startedAt'
    | 'endedAt'
  > {
  /** Its tasks decide where it is left out. */
  readonly cache?: RunCache | null;
  /** None where it is left out. */
  readonly backfill?: string | null;
  readonly priority?: number | null;
}

export interface RunFilter extends PageRequest {
  readonly pipeline?: string;
  readonly schedule?: string;
  readonly backfill?: string;
  readonly partition?: string;
  readonly status?: RunStatus;
}

/** Whose runs count: all of a pipeline, or those of a backfill. */
export type PartitionRunsOf = { readonly pipeline: string } | { readonly backfill: string };

/** A run that was retried, by what tells whether a retry of its retry takes over from it. */
export type RetriedRun = Pick<Run, 'id' | 'compiledDigest' | 'rerunFrom'>;

/** The newest run of a partition. */
export interface PartitionRun {
  readonly partition: string;
  readonly runId: string;
  readonly status: RunStatus;
  readonly schedule: string | null;
  readonly backfill: string | null;
  readonly createdAt: number;
}

export interface RunTable {
  /**
   * @param failed where it could not even begin: it has ended at once
   * @throws MetadataError `conflict` when a run with this id exists (a retried submission finds its first).
   */
  create(run: NewRun, failed?: { readonly error: string; readonly at: number }): Promise<Run>;
  /** With its values whole. */
  get(id: string): Promise<Run | null>;
  /** As it is listed: what is too large is not read, so this is cheap for every run. */
  outline(id: string): Promise<ListedRun | null>;
  list(filter?: RunFilter): Promise<Page<ListedRun>>;
  /**
   * The newest run of each of these partitions, in no order; of a partition without one, none.
   *
   * @throws PageError for more than 1,000 at once.
   */
  ofPartitions(of: PartitionRunsOf, partitions: readonly string[]): Promise<readonly PartitionRun[]>;
  /** The run that it retries, the one that this retries, and so on: at most 1,000, of which those that are gone end the list. */
  retriedBy(id: string): Promise<readonly RetriedRun[]>;
  /** pending → running; no change when it has started or ended. */
  start(id: string, at: number): Promise<void>;
  /** Names the one process that executes the run. @returns false when it has another, or has ended. */
  claim(id: string, runner: PlacedProcess): Promise<boolean>;
  /** Of several the one with the greatest sequence stays, in whatever order they come. A run that has ended is not paused. */
  setPause(id: string, pause: Pause | null, sequence: number): Promise<void>;
  /**
   * The last word on a run: later calls change nothing, so that a zombie cannot rewrite how a run ended. Its tasks and attempts
   * that are under way end with it, as cancelled and in one transaction; so they do when the run has an end already.
   */
  end(
    id: string,
    outcome: { status: RunEnded['status']; output: JsonValue; error: string | null; at: number },
  ): Promise<void>;
}
