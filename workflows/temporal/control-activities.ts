import type { CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import type { BackfillOpening, BackfillOrder, BackfillStart } from '../../ir/protocol/backfill-order.ts';
import type { ControlAnswer, ControlRequest } from '../../ir/protocol/control-request.ts';
import type { Pause } from '../../ir/protocol/run-order.ts';
import type { RunOpening, RunOutcome, RunRequest } from '../../ir/protocol/run-request.ts';
import type { ScheduledOpening, ScheduledStart, StartedRun } from '../../ir/protocol/scheduled-start.ts';
import type { SlotWaiter } from '../../ir/protocol/slots.ts';
import type { RunStatus, Transition } from '../../ir/protocol/transition.ts';

/** What workflows ask of the worker on the control queue. All of it may be delivered more than once. */
export interface ControlActivities {
  /** Writes the row of a run that a schedule started, and settles what it is started with. */
  openScheduledRun(start: ScheduledStart, run: StartedRun): Promise<ScheduledOpening>;
  /** Writes the row of a run of a backfill, unless somebody else's run has its partition. */
  openBackfillRun(start: BackfillStart, workflowId: string): Promise<BackfillOpening>;
  /** The next partitions of a backfill's round, after those that were begun; none after the last. */
  pendingPartitions(order: BackfillOrder): Promise<readonly string[]>;
  /** Of a backfill's runs, those that have ended, and how; null for those that have no row. */
  endedRuns(
    round: BackfillRound,
    runIds: readonly string[],
  ): Promise<readonly (readonly [runId: string, status: RunStatus | 'elsewhere' | null])[]>;
  closeBackfill(closing: BackfillClosing): Promise<void>;
  /** Asked again by a run that has to wait for others of its pipeline. */
  openRun(request: RunRequest): Promise<RunOpening>;
  compiledPipeline(digest: string): Promise<CompiledPipeline>;
  /** Answers in order; a request that fails is answered with its failure, so that it does not take others along. */
  answerRequests(requests: readonly ControlRequest[]): Promise<readonly ControlAnswer[]>;
  recordTransitions(project: string, runId: string, transitions: readonly Transition[]): Promise<void>;
  /** `sequence` grows with each change: one that comes late changes nothing. */
  recordPause(project: string, runId: string, pause: Pause | null, sequence: number): Promise<void>;
  /** @returns whose turn it may be, of those that waited for what the run had. */
  closeRun(closing: RunClosing): Promise<readonly SlotWaiter[]>;
}

export type BackfillRound = Pick<BackfillOrder, 'project' | 'backfill' | 'round'>;

export interface BackfillClosing extends BackfillRound {
  readonly status: RunOutcome['status'];
}

export interface RunClosing {
  readonly project: string;
  readonly runId: string;
  readonly outcome: RunOutcome;
  readonly transitions: readonly Transition[];
}
