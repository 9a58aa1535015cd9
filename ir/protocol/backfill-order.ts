import type { RunOutcome } from './run-request.ts';
import type { ScheduledOpening } from './scheduled-start.ts';

/** Workflow of a backfill: `(order: BackfillOrder) => void`. It is continued as new where it is long. */
export const BACKFILL_WORKFLOW = 'millraceBackfill';
/** Workflow of a run that a backfill starts: `(start: BackfillStart) => outcome`. It goes on as any other run. */
export const BACKFILL_RUN_WORKFLOW = 'millraceBackfillRun';
/** Signal of a backfill's workflow: `(cancel: CancelBackfill) => void`. */
export const CANCEL_BACKFILL_SIGNAL = 'cancelBackfill';

/** One round of a backfill, from a place in its list on. The list itself stays in the store. */
export interface BackfillOrder {
  readonly project: string;
  readonly backfill: string;
  readonly round: number;
  /** Runs that go on at once, at most. */
  readonly concurrency: number;
  /** How many of the round's partitions have been begun. */
  readonly begun: number;
  /** Runs, by id, that an earlier history began and that went on when it ended. */
  readonly live: readonly string[];
  /** Whether all runs that have ended did so well. */
  readonly isWell: boolean;
}

export interface BackfillStart {
  readonly project: string;
  readonly backfill: string;
  readonly partition: string;
  readonly runId: string;
}

/** What comes of asking for the run of a partition: also that there is none to start, for somebody else's has it. */
export type BackfillOpening = ScheduledOpening | { readonly kind: 'elsewhere' };
/** How a run of a backfill ended, or that it was none. */
export type BackfillRunEnd =
  | Pick<RunOutcome, 'status' | 'error'>
  | { readonly status: 'elsewhere'; readonly error: null };

export interface CancelBackfill {
  /** Leaves the runs that go on alone. */
  readonly keepRunning: boolean;
}

export function backfillWorkflowId(project: string, backfill: string, round: number): string {
  return `${project}/backfill/${backfill}/${round}`;
}

/**
 * The run of a partition in a round of a backfill: always the same, so that none is started twice. What parts its pieces
 * stands in no key: a key has no `--` and no `_`.
 *
 * @example backfillRunId('may', 'day=2001-05-01,region=eu', 2) // 'may--2001-05-01--eu_2'
 */
export function backfillRunId(backfill: string, partition: string, round: number): string {
  const values = partition.split(',').map((part) => part.slice(part.indexOf('=') + 1));
  return `${[backfill, ...values].join('--')}${round === 1 ? '' : `_${round}`}`;
}

/** Whether the run is one that the backfill starts, in whichever round, and not a retry that somebody made of one. */
export function isBackfillRunId(runId: string, backfill: string, partition: string): boolean {
  const first = backfillRunId(backfill, partition, 1);
  // A value may itself end as a round does.
  return runId.startsWith(first) && /^(_\d+)?$/.test(runId.slice(first.length));
}
