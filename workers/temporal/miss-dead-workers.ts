import { ActivityNotFoundError, AsyncCompletionClient, isGrpcServiceError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import proto from '@temporalio/proto';
import { WORKER_LOST } from '../../ir/protocol/task-failure.ts';
import { PART_WORKFLOW, runWorkflowId } from '../../ir/protocol/workflow-names.ts';
import { CONTROL_QUEUE } from '../../ir/step-contract.ts';
import { hasDied } from '../../platform/process-identity.ts';
import { NOT_FOUND } from '../../platform/temporal-failure.ts';
import type { Worker } from '../../store/metadata/worker-table.ts';
import { dataConverter } from '../../store/payloads/data-converter.ts';
import type { WorkerParts } from './queue-workers.ts';

type Parts = Pick<WorkerParts, 'connection' | 'namespace' | 'stores'> & { readonly project: string };

const { PENDING_ACTIVITY_STATE_STARTED: STARTED } = proto.temporal.api.enums.v1.PendingActivityState;
const ANSWERS_WITHIN_MS = 5_000;
/** A worker that was not heard of for so long is gone wherever it was, and all that it had is known to be lost. */
const FORGOTTEN_AFTER_MS = 24 * 3_600_000;

/**
 * Tells Temporal of the tasks that worker processes of this machine had under way when they died, and to wait no longer for
 * them to go on with those tasks' runs. What it overlooks is missed by its heartbeats, some seconds later.
 */
export async function missDeadWorkers(parts: Parts): Promise<void> {
  const { workers, tasks } = parts.stores.metadata;
  await workers.forget(Date.now() - FORGOTTEN_AFTER_MS);
  for (const worker of await workers.all()) {
    if (worker.details.process === undefined || !(await hasDied(worker.details.process))) continue;
    for (const runId of await tasks.runsUnderWayOn(worker.id)) {
      await failActivities(parts, worker, runWorkflowId(parts.project, runId));
    }
    await workers.remove(worker.id);
  }
}

/** Those of a workflow and of its parts that the worker has begun. */
async function failActivities(parts: Parts, worker: Worker, workflowId: string): Promise<void> {
  const { connection, namespace, stores } = parts;
  const service = connection.workflowService;
  const workflow = { namespace, execution: { workflowId } };
  const found = await ask(parts, async () => {
    if (worker.queues.includes(CONTROL_QUEUE)) await service.resetStickyTaskQueue(workflow);
    return service.describeWorkflowExecution(workflow);
  });
  if (found === null) return;
  const { pendingActivities, pendingChildren, workflowExecutionInfo } = found;
  const client = new AsyncCompletionClient({ connection, namespace, dataConverter: dataConverter(stores.payloads) });
  // Of one that has continued as new since, other activities have the same numbers.
  const runId = workflowExecutionInfo?.execution?.runId ?? undefined;
  // Activities of the run itself are tried again by Temporal.
  const lost = ApplicationFailure.retryable('The process of the worker has ended.', WORKER_LOST);
  for (const { activityId, lastWorkerIdentity, state } of pendingActivities ?? []) {
    if (lastWorkerIdentity !== worker.id || state !== STARTED || !activityId) continue;
    await ask(parts, () => client.fail({ workflowId, activityId, ...(runId === undefined ? {} : { runId }) }, lost));
  }
  for (const { workflowId: part, workflowTypeName } of pendingChildren ?? []) {
    if (workflowTypeName === PART_WORKFLOW && part) await failActivities(parts, worker, part);
  }
}

/** @returns null where what is asked of has ended meanwhile, and misses nothing. */
async function ask<T>({ connection }: Parts, question: () => Promise<T>): Promise<T | null> {
  try {
    return await connection.withDeadline(Date.now() + ANSWERS_WITHIN_MS, question);
  } catch (error) {
    const isGone = error instanceof ActivityNotFoundError || (isGrpcServiceError(error) && error.code === NOT_FOUND);
    if (isGone) return null;
    throw error;
  }
}
