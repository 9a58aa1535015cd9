import type { ApprovalDecision } from '../../ir/nodes/approval-node.ts';
import { type BackfillOrder, backfillWorkflowId, type CancelBackfill } from '../../ir/protocol/backfill-order.ts';
import type { RunOrder } from '../../ir/protocol/run-order.ts';
import type { RunRequest } from '../../ir/protocol/run-request.ts';
import type { ApprovalAnswer } from '../../ir/protocol/workflow-names.ts';
import type { Schedule } from '../../store/metadata/schedule-table.ts';
import type { BackfillGateway } from '../temporal/backfill-gateway.ts';
import type { KnownPayloads } from '../temporal/known-payloads.ts';
import type { ScheduleGateway, ScheduleTiming } from '../temporal/schedule-gateway.ts';
import {
  DecisionRefused,
  TemporalAway,
  type TemporalGateway,
  type WorkflowState,
} from '../temporal/temporal-gateway.ts';

/** Temporal's edge for tests of routes: it remembers what it was asked, and can be switched off. */
export class FakeTemporal implements TemporalGateway {
  readonly address = 'temporal.test:7233';
  readonly started = new Map<string, RunRequest>();
  readonly cancelled: string[] = [];
  readonly orders: RunOrder[] = [];
  readonly terminated: string[] = [];
  /** Workflows that have ended, and how. */
  readonly closed = new Map<string, WorkflowState>();
  readonly answers: ApprovalAnswer[] = [];
  away: 'no' | 'yes' | 'onStart' = 'no';
  refusal: string | null = null;
  /** Done once, when the next start is about to take effect or the next cancel has: what happens in between. */
  meanwhile: (() => Promise<unknown>) | null = null;

  async check(): Promise<void> {
    if (this.away === 'yes') throw new TemporalAway('Temporal at temporal.test:7233 does not answer.');
  }

  async startRun(workflowId: string, request: RunRequest): Promise<void> {
    if (this.away !== 'no') throw new TemporalAway('Temporal at temporal.test:7233 does not answer.');
    await this.inBetween();
    if (!this.started.has(workflowId)) this.started.set(workflowId, request);
  }

  async order(workflowId: string, order: RunOrder): Promise<boolean> {
    this.orders.push(order);
    if (order.kind === 'cancel') this.cancelled.push(workflowId);
    return this.reached(workflowId);
  }

  async terminate(workflowId: string): Promise<boolean> {
    await this.check();
    this.terminated.push(workflowId);
    return this.reached(workflowId);
  }

  async describe(workflowId: string): Promise<WorkflowState | null> {
    await this.check();
    if (!this.started.has(workflowId) && !this.begunBackfills.has(workflowId)) return null;
    return this.closed.get(workflowId) ?? { closing: null, closedAt: null };
  }

  async decide(_workflowId: string, answer: ApprovalAnswer): Promise<ApprovalDecision> {
    if (this.refusal !== null) throw new DecisionRefused(this.refusal);
    this.answers.push(answer);
    return { approved: answer.approved, by: answer.by, form: null, timedOut: false };
  }

  known: KnownPayloads = { oldest: null, payloads: new Set() };

  async knownPayloads(): Promise<KnownPayloads> {
    await this.check();
    return this.known;
  }

  async close(): Promise<void> {}

  private async reached(workflowId: string): Promise<boolean> {
    const underWay = this.started.has(workflowId) && !this.closed.has(workflowId);
    await this.inBetween();
    return underWay;
  }
  /** As Temporal was told of them, by name. */
  readonly told = new Map<string, Schedule>();
  readonly triggered: number[] = [];
  timing: Partial<ScheduleTiming> = {};

  readonly schedules: ScheduleGateway = {
    apply: async (_project, schedule) => {
      await this.check();
      this.told.set(schedule.name, schedule);
    },
    remove: async (_project, name) => {
      await this.check();
      this.told.delete(name);
    },
    describe: async (_project, name) => {
      await this.check();
      const told = this.told.get(name);
      if (told === undefined) return null;
      const counts = { taken: 0, missedCatchUp: 0, skippedOverlap: 0 };
      const { generation, paused, note } = told;
      return { generation, paused, note, next: [], recent: [], running: [], ...counts, ...this.timing };
    },
    trigger: async (_project, _name, at) => {
      await this.check();
      this.triggered.push(at);
    },
  };

  readonly backfillOrders: BackfillOrder[] = [];
  readonly begunBackfills = new Set<string>();
  readonly cancelledBackfills: [string, CancelBackfill][] = [];
  readonly backfills: BackfillGateway = {
    start: async (order) => {
      await this.check();
      this.backfillOrders.push(order);
      this.begunBackfills.add(backfillWorkflowId(order.project, order.backfill, order.round));
    },
    cancel: async (workflowId, how) => {
      await this.check();
      this.cancelledBackfills.push([workflowId, how]);
      return !this.closed.has(workflowId);
    },
  };

  private async inBetween(): Promise<void> {
    const { meanwhile } = this;
    this.meanwhile = null;
    await meanwhile?.();
  }
}
