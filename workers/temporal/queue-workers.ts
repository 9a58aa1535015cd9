import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { refuseLost } from '../../ir/protocol/lost-payload.ts';
import { taskSlots } from '../../ir/protocol/replicas-held.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import { CONTROL_QUEUE } from '../../ir/step-contract.ts';
import { ArtifactError, isPassing } from '../../store/artifacts/artifact-store.ts';
import { MetadataError } from '../../store/metadata/metadata-store.ts';
import type { Stores } from '../../store/open-stores.ts';
import { dataConverter } from '../../store/payloads/data-converter.ts';
import { applicationFailureOf } from '../../workflows/temporal/application-failure.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';
import { controlActivities } from '../control/control-activities.ts';
import { rolloutActivities } from '../control/rollout-activities.ts';
import type { TaskHost } from '../host/task-host.ts';
import type { WorkerSettings } from '../settings.ts';
import { taskActivity } from './task-activity.ts';
import { deploymentOptions, workerVersion, workflowBundle } from './worker-version.ts';

/** What one process's workers share. */
export interface WorkerParts {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly settings: WorkerSettings;
  readonly stores: Stores;
  readonly compiled: CompiledPipelines;
  /** One for all queues: they share the machine, and so its admission gate. */
  readonly host: TaskHost;
}

/** How soon a dead worker's workflows go to a live one. The default of 10 s is most of a recovery. */
const STICKY_TIMEOUT = '1s';

/**
 * How long the workflow's code may compute in one go. At the SDK's 5 s a run with a hundred megabytes of outputs is cut
 * short on a slow machine, and that ends the whole process. The SDK reads this option and does not declare it.
 */
export const LONG_ACTIVATIONS = { isolateExecutionTimeout: '1m' } as const;

/**
 * The worker of one queue. The control queue's also runs workflows, and no handler that may block; it alone has a version,
 * for what tasks do is settled by the code package that a run was submitted with.
 */
export async function queueWorker(queue: string, parts: WorkerParts): Promise<Worker> {
  const { connection, namespace, settings } = parts;
  const common: WorkerOptions & typeof LONG_ACTIVATIONS = {
    ...LONG_ACTIVATIONS,
    connection,
    namespace,
    taskQueue: queue,
    dataConverter: dataConverter(parts.stores.payloads),
    identity: settings.id,
    shutdownGraceTime: settings.graceMs,
    shutdownForceTime: settings.graceMs * 2,
    // Heartbeats also bring cancellations: held back for long, they would make a cancel slow.
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
  };
  if (queue !== CONTROL_QUEUE) {
    const activities = { default: taskActivity(parts.host, parts.compiled, parts.stores.metadata.runs, settings.id) };
    return Worker.create({ ...common, activities, maxConcurrentActivityTaskExecutions: taskSlots(settings.capacity) });
  }
  const { stores, compiled } = parts;
  const control = controlActivities(stores, compiled, parts.host);
  const { deployment } = settings;
  const versioned =
    deployment === null ? {} : { workerDeploymentOptions: deploymentOptions(await workerVersion(deployment)) };
  return Worker.create({
    ...common,
    ...versioned,
    activities: translated({ ...control, ...rolloutActivities(stores.metadata) }),
    workflowBundle: { codePath: workflowBundle() },
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
  });
}

/** Failures that the workflow is to understand travel as Temporal's own; others are retried as they come. */
function translated(activities: object): Record<string, (...args: never[]) => Promise<unknown>> {
  return Object.fromEntries(
    Object.entries(activities).map(([name, activity]) => [
      name,
      async (...args: never[]) => {
        try {
          args.forEach(refuseLost);
          return await activity(...args);
        } catch (error) {
          throw translatedError(error);
        }
      },
    ]),
  );
}

/** What trying again cannot change: an artifact that is gone or damaged, a row that is not there. */
function translatedError(error: unknown): unknown {
  if (error instanceof TaskFailed) return applicationFailureOf(error.failure);
  const isFinal =
    (error instanceof ArtifactError && !isPassing(error)) ||
    (error instanceof MetadataError && (error.kind === 'notFound' || error.kind === 'newerSchema'));
  if (!isFinal) return error;
  const { name, message } = error;
  return applicationFailureOf({ kind: 'environment', name, message, stack: null, retryable: false });
}
