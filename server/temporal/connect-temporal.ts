import {
  Client,
  Connection,
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionStatusName,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import type { Priority } from '@temporalio/common';
import type { ApprovalDecision } from '../../ir/nodes/approval-node.ts';
import {
  BACKFILL_WORKFLOW,
  type BackfillOrder,
  backfillWorkflowId,
  CANCEL_BACKFILL_SIGNAL,
  type CancelBackfill,
} from '../../ir/protocol/backfill-order.ts';
import { refuseLost } from '../../ir/protocol/lost-payload.ts';
import { ORDER_SIGNAL, type RunOrder } from '../../ir/protocol/run-order.ts';
import type { RunRequest } from '../../ir/protocol/run-request.ts';
import { DEFAULT_PRIORITY } from '../../ir/protocol/slots.ts';
import { type ApprovalAnswer, DECIDE_UPDATE, RUN_WORKFLOW } from '../../ir/protocol/workflow-names.ts';
import { CONTROL_QUEUE } from '../../ir/step-contract.ts';
import { temporalFailure } from '../../platform/temporal-failure.ts';
import type { TemporalSettings } from '../../platform/temporal-settings.ts';
import { dataConverter } from '../../store/payloads/data-converter.ts';
import type { PayloadStore } from '../../store/payloads/payload-store.ts';
import { knownPayloads } from './known-payloads.ts';
import {
  DecisionRefused,
  TemporalAway,
  type TemporalGateway,
  type WorkflowClosing,
  type WorkflowState,
} from './temporal-gateway.ts';
import { temporalSchedules } from './temporal-schedules.ts';

/** Long enough for a server under load, short enough for a person at a terminal. */
const DEADLINE_MS = 8_000;
/** A server that is up answers a question about itself in milliseconds. */
const CHECK_WITHIN_MS = 2_500;

/** Asks a server for its mark until it has it, and then no more. Another's would know none of the runs here. */
function proofOf({ workflowService }: Connection, { mark }: TemporalSettings): () => Promise<void> {
  let isProven = mark === null;
  return async () => {
    if (isProven) return;
    await workflowService.describeNamespace({ namespace: mark });
    isProven = true;
  };
}

/** A gateway to a Temporal server. It connects on first use, so that the API starts and answers without it. */
export function connectTemporal(settings: TemporalSettings, payloads: PayloadStore): TemporalGateway {
  const { address, namespace } = settings;
  const connection = Connection.lazy({ ...settings.connection, connectTimeout: DEADLINE_MS });
  const client = new Client({ connection, namespace, dataConverter: dataConverter(payloads) });

  const prove = proofOf(connection, settings);
  const ask = async <T>(operation: () => Promise<T>, withinMs = DEADLINE_MS): Promise<T> => {
    try {
      return await connection.withDeadline(Date.now() + withinMs, () => prove().then(operation));
    } catch (error) {
      const failure = temporalFailure(error, settings);
      if (failure === null) throw error;
      throw new TemporalAway(failure.what, { next: failure.kind === 'away' ? null : failure.next, cause: error });
    }
  };

  return {
    address,
    schedules: temporalSchedules(client, ask),
    backfills: {
      start: (order, priority) => {
        const { backfill: runId } = order;
        return ask(() =>
          startOnce(client, BACKFILL_WORKFLOW, workflowOf(order), order, priorityOf({ priority, runId })),
        );
      },
      cancel: (workflowId, how) =>
        ask(() => reached(client.workflow.getHandle(workflowId).signal<[CancelBackfill]>(CANCEL_BACKFILL_SIGNAL, how))),
    },
    check: () =>
      ask(async () => void (await connection.workflowService.describeNamespace({ namespace })), CHECK_WITHIN_MS),
    startRun: (workflowId, request) =>
      ask(() => startOnce(client, RUN_WORKFLOW, workflowId, request, priorityOf(request))),
    order: (workflowId, order) =>
      ask(() => reached(client.workflow.getHandle(workflowId).signal<[RunOrder]>(ORDER_SIGNAL, order))),
    terminate: (workflowId, reason) => ask(() => reached(client.workflow.getHandle(workflowId).terminate(reason))),
    describe: (workflowId) => ask(() => describe(client, workflowId)),
    decide: (workflowId, answer) => ask(() => decide(client, workflowId, answer)),
    knownPayloads: knownPayloads(client, ask),
    close: () => connection.close(),
  };
}

function workflowOf({ project, backfill, round }: BackfillOrder): string {
  return backfillWorkflowId(project, backfill, round);
}

/** Activities and children inherit it. */
function priorityOf({ priority, runId }: Pick<RunRequest, 'priority' | 'runId'>): Priority {
  return { priorityKey: priority ?? DEFAULT_PRIORITY, fairnessKey: runId };
}

async function startOnce(
  client: Client,
  workflowType: string,
  workflowId: string,
  order: RunRequest | BackfillOrder,
  priority: Priority,
): Promise<void> {
  try {
    await client.workflow.start(workflowType, {
      taskQueue: CONTROL_QUEUE,
      workflowId,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [order],
      priority,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

async function reached(asking: Promise<unknown>): Promise<boolean> {
  try {
    await asking;
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** Statuses that are not here are those of a workflow that goes on. */
const CLOSINGS: Partial<Record<WorkflowExecutionStatusName, WorkflowClosing>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  TIMED_OUT: 'timedOut',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
};

async function describe(client: Client, workflowId: string): Promise<WorkflowState | null> {
  try {
    const { status, closeTime } = await client.workflow.getHandle(workflowId).describe();
    return { closing: CLOSINGS[status.name] ?? null, closedAt: closeTime?.getTime() ?? null };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** Asked again where the run's step that took it was not kept: with the decision the run may end, and meet a late timer. */
async function decide(client: Client, workflowId: string, answer: ApprovalAnswer): Promise<ApprovalDecision> {
  for (;;) {
    try {
      const decision = await client.workflow
        .getHandle(workflowId)
        .executeUpdate<ApprovalDecision, [ApprovalAnswer]>(DECIDE_UPDATE, { args: [answer] });
      return refuseLost(decision);
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError)
        throw new DecisionRefused(error.cause?.message ?? error.message, { cause: error });
      if (error instanceof WorkflowNotFoundError) throw new DecisionRefused('The run has ended.', { cause: error });
      if (!isLostStep(error)) throw error;
    }
  }
}

/** gRPC's FAILED_PRECONDITION (9), of a workflow task that failed: nothing of it was written. */
function isLostStep(error: unknown): boolean {
  const cause = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
  return isGrpcServiceError(cause) && cause.code === 9 && cause.details.includes('workflow task failure');
}
