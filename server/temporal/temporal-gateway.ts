import type { ApprovalDecision } from '../../ir/nodes/approval-node.ts';
import type { RunOrder } from '../../ir/protocol/run-order.ts';
import type { RunRequest } from '../../ir/protocol/run-request.ts';
import type { ApprovalAnswer } from '../../ir/protocol/workflow-names.ts';
import type { BackfillGateway } from './backfill-gateway.ts';
import type { KnownPayloads } from './known-payloads.ts';
import type { ScheduleGateway } from './schedule-gateway.ts';

/** All that the API asks of Temporal. Every operation throws `TemporalAway` when it gets no answer in time. */
export interface TemporalGateway {
  readonly address: string;
  readonly schedules: ScheduleGateway;
  readonly backfills: BackfillGateway;
  /** Whether Temporal answers now. */
  check(): Promise<void>;
  /** Starts a run's workflow; does nothing when it was started before, whether it still runs or has ended. */
  startRun(workflowId: string, request: RunRequest): Promise<void>;
  /**
   * Leaves an order for a run; its workflow takes it as soon as a worker carries it on.
   *
   * @returns false when there is no such workflow under way.
   */
  order(workflowId: string, order: RunOrder): Promise<boolean>;
  /** Ends a run's workflow at once, without asking it. @returns false when there is none under way. */
  terminate(workflowId: string, reason: string): Promise<boolean>;
  /** What became of a run's workflow; null when there is none, or Temporal keeps it no more. */
  describe(workflowId: string): Promise<WorkflowState | null>;
  /** @throws DecisionRefused when the run does not take it. */
  decide(workflowId: string, answer: ApprovalAnswer): Promise<ApprovalDecision>;
  /** Whatever goes on or is still kept. It takes a question for each workflow that was not seen before. */
  knownPayloads(project: string): Promise<KnownPayloads>;
  close(): Promise<void>;
}

export type WorkflowClosing = 'completed' | 'failed' | 'timedOut' | 'cancelled' | 'terminated';

export interface WorkflowState {
  /** How Temporal closed it; null while it is open. */
  readonly closing: WorkflowClosing | null;
  readonly closedAt: number | null;
}

/** Temporal cannot be asked: it does not answer, or does not let this client in. */
export class TemporalAway extends Error {
  override readonly name = 'TemporalAway';
  /** What to do about it; null where waiting may do. */
  readonly next: string | null;

  constructor(message: string, { next = null, cause }: { next?: string | null; cause?: unknown } = {}) {
    super(message, { cause });
    this.next = next;
  }
}

/** The run's own validator refused a decision: no such approval, closed already, wrong role or form. */
export class DecisionRefused extends Error {
  override readonly name = 'DecisionRefused';
}
