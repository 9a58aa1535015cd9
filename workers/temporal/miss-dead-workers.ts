import { ActivityNotFoundError, AsyncCompletionClient, isGrpcServiceError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import proto from '@temporalio/proto';
import { WORKER_LOST } from '../../ir/protocol/task-failure.ts';
import { PART_WORKFLOW, runWorkflowId } from '../../ir/protocol/workflow-names.ts';
import { CONTROL_QUEUE } from '../../ir/step-contract.ts';
import { hasDied } from '../../platform/process-identity.ts';
import type { Worker } from '../../store/metadata/worker-table.ts';
import { dataConverter } from '../../store/payloads/data-converter.ts';
import type { WorkerParts } from './queue-workers.ts';

type Parts = Pick<WorkerParts, 'connection' | 'namespace' | 'stores'> & { readonly project: string };

const { PENDING_ACTIVITY_STATE_STARTED: STARTED } = proto.temporal.api.enums.v1.PendingActivityState;
/** Of gRPC. */
const NOT_FOUND = 5;

/**
 * Tells Temporal of the tasks that worker processes of this machine had under way when they died, and to wait no longer for
 * them to go on with their runs. Those that it overlooks are missed by their heartbeats, some seconds later.
 */
export async function missDeadWorkers(parts: Parts): Promise<void> {
  const { workers, tasks } = parts.stores.metadata;
  // Also those whose lease has run out.
  for (const worker of await workers.live(0)) {
    if (worker.details.process === undefined || !(await hasDied(worker.details.process))) continue;
    for (const runId of await tasks.runsUnderWayOn(worker.id)) {
      await failActivities(parts, worker, runWorkflowId(parts.project, runId)).catch(unlessGone);
    }
    await workers.remove(worker.id);
  }
}

/** What has ended meanwhile misses nothing. */
function unlessGone(error: unknown): void {
  const isGone = error instanceof ActivityNotFoundError || (isGrpcServiceError(error) && error.code === NOT_FOUND);
  if (!isGone) throw error;
}

/** Those of a workflow and of its parts that the worker has begun. */
async function failActivities(parts: Parts, worker: Worker, workflowId: string): Promise<void> {
  const { connection, namespace, stores } = parts;
  const workflow = { namespace, execution: { workflowId } };
  if (worker.queues.includes(CONTROL_QUEUE)) await connection.workflowService.resetStickyTaskQueue(workflow);
  const { pendingActivities, pendingChildren } = await connection.workflowService.describeWorkflowExecution(workflow);
  const client = new AsyncCompletionClient({ connection, namespace, dataConverter: dataConverter(stores.payloads) });
  // Those of the run itself are tried again by Temporal.
  const lost = ApplicationFailure.retryable('The process of the worker has ended.', WORKER_LOST);
  for (const { activityId, lastWorkerIdentity, state } of pendingActivities ?? []) {
    if (lastWorkerIdentity !== worker.id || state !== STARTED) continue;
    await client.fail({ workflowId, activityId: activityId ?? '' }, lost);
  }
  for (const { workflowId: part, workflowTypeName } of pendingChildren ?? []) {
    if (workflowTypeName === PART_WORKFLOW) await failActivities(parts, worker, part ?? '');
  }
}
