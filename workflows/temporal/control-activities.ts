import type { ControlAnswer, ControlRequest } from '../../ir/protocol/control-request.ts';
import type { OpenedRun, RunOutcome, RunRequest } from '../../ir/protocol/run-request.ts';
import type { ScheduledOpening, ScheduledStart, StartedRun } from '../../ir/protocol/scheduled-start.ts';
import type { Transition } from '../../ir/protocol/transition.ts';

/** What workflows ask of the worker on the control queue. All of it may be delivered more than once. */
export interface ControlActivities {
  /** Writes the row of a run that a schedule started, and settles what it is started with. */
  openScheduledRun(start: ScheduledStart, run: StartedRun): Promise<ScheduledOpening>;
  openRun(request: RunRequest): Promise<OpenedRun>;
  /** Answers in order; a request that fails is answered with its failure, so that it does not take others along. */
  answerRequests(requests: readonly ControlRequest[]): Promise<readonly ControlAnswer[]>;
  recordTransitions(project: string, runId: string, transitions: readonly Transition[]): Promise<void>;
  closeRun(closing: RunClosing): Promise<void>;
}

export interface RunClosing {
  readonly project: string;
  readonly runId: string;
  readonly outcome: RunOutcome;
  readonly transitions: readonly Transition[];
}
