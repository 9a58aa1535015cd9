import type { JsonObject } from '../../ir/json.ts';
import type { Page, PageRequest } from './metadata-store.ts';

export const BACKFILL_STATUSES = ['running', 'succeeded', 'failed', 'cancelled'] as const;
export type BackfillStatus = (typeof BACKFILL_STATUSES)[number];

/** Which partitions get a run: those without one, those too whose newest failed or was cancelled, or all. */
export const BACKFILL_RERUNS = ['missing', 'failed', 'all'] as const;
export type BackfillRerun = (typeof BACKFILL_RERUNS)[number];

/** What a backfill was asked to do. */
export interface NewBackfill {
  /** Unique in the project; the ids of its runs begin with it. */
  readonly id: string;
  /** A digest of all that was asked: the same again is the same backfill. */
  readonly request: string;
  readonly pipeline: string;
  readonly pipelineVersion: number;
  readonly compiledDigest: string;
  /** Of all its runs, with the pipeline's defaults filled in. */
  readonly params: JsonObject;
  /** Runs of it that go on at once, at most. */
  readonly concurrency: number;
  /** Of all its runs, 1 to 5; null gives them none, which is 3. */
  readonly priority: number | null;
  /** Keys of those that get a run, in the order in which they begin. */
  readonly partitions: readonly string[];
  /** How many more were asked for, and had a run already. */
  readonly leftOut: number;
  readonly rerun: BackfillRerun;
  readonly createdBy: string;
}

/** A backfill without its partitions, of which there may be thousands. */
export interface Backfill extends Omit<NewBackfill, 'partitions'> {
  /** How many partitions it has. */
  readonly size: number;
  /** From 1; each retry is another. */
  readonly round: number;
  readonly status: BackfillStatus;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Of its last round; null while one goes on. */
  readonly endedAt: number | null;
}

export interface BackfillFilter extends PageRequest {
  readonly pipeline?: string;
  readonly status?: BackfillStatus;
}

export interface BackfillTable {
  /** @throws MetadataError `conflict` when there is one with this id. */
  create(backfill: NewBackfill): Promise<Backfill>;
  get(id: string): Promise<Backfill | null>;
  /** Newest first. */
  list(filter?: BackfillFilter): Promise<Page<Backfill>>;
  /** All its keys, in order. None where there is no such backfill. */
  partitions(id: string): Promise<readonly string[]>;
  /** Those of its present round, in order. */
  pending(id: string): Promise<readonly string[]>;
  /**
   * Begins another round, of some of its partitions.
   *
   * @param after the round that was read, which has ended
   * @throws MetadataError `conflict` when another came first, or that one goes on.
   */
  beginRound(id: string, after: number, pending: readonly string[]): Promise<Backfill>;
  /** Ends a round; no change where it is another's turn, or has ended. */
  endRound(id: string, round: number, end: { status: Exclude<BackfillStatus, 'running'>; at: number }): Promise<void>;
}
