import { type BackfillClient, backfillClient } from './client/backfill-client.ts';
import { type ModelClient, modelClient } from './client/model-client.ts';
import { type NotificationClient, notificationClient } from './client/notification-client.ts';
import { type PipelineClient, pipelineClient } from './client/pipeline-client.ts';
import { type PoolClient, poolClient } from './client/pool-client.ts';
import { type RunClient, runClient } from './client/run-client.ts';
import { type ScheduleClient, scheduleClient } from './client/schedule-client.ts';
import { type SecretClient, secretClient } from './client/secret-client.ts';
import { type SystemClient, systemClient } from './client/system-client.ts';
import { openTransport } from './client/transport.ts';
import { type TriggerClient, triggerClient } from './client/trigger-client.ts';

export type { Endpoint, Replica } from '../store/metadata/endpoint-table.ts';
export { LISTED_METRICS } from '../store/metadata/left-out.ts';
export {
  type Channel,
  type Delivery,
  MAIL_TLS,
  NOTIFIED_EVENTS,
  type Notification,
  type TargetUrl,
} from '../store/metadata/notification-table.ts';
export type { PipelineVersion } from '../store/metadata/pipeline-table.ts';
export type { PoolPlace, PoolState } from '../store/metadata/pool-table.ts';
export type { ListedRun as Run } from '../store/metadata/run-table.ts';
export type {
  ListedAttempt as Attempt,
  ListedTask as Task,
  LogChunk,
  Metric,
  TaskCount,
  TaskFilter,
} from '../store/metadata/task-table.ts';
export { ApiError, ApiUnreachable } from './client/transport.ts';
export type { Collection } from './retention/collect.ts';
export type { BackfillState, CreateBackfill, PartitionState } from './schemas/backfill.ts';
export type { Collect } from './schemas/collection.ts';
export type { Explanation, TaskExplanation } from './schemas/explanation.ts';
export type { ModelDetail, ModelHistory } from './schemas/model.ts';
export type { CreatedNotification, CreateNotification } from './schemas/notification.ts';
export type { SubmittedRun } from './schemas/run.ts';
export type { ScheduleState } from './schemas/schedule.ts';
export type { EndpointList } from './schemas/system.ts';
export type { RunDetail } from './schemas/task.ts';
export type { AppliedTriggers, CreateTrigger, TriggerState, UpdateTrigger } from './schemas/trigger.ts';

/** The API of one project, typed. Every method throws `ApiError` or `ApiUnreachable`. */
export interface ApiClient
  extends SystemClient,
    PipelineClient,
    RunClient,
    ModelClient,
    PoolClient,
    SecretClient,
    NotificationClient,
    ScheduleClient,
    TriggerClient,
    BackfillClient {
  readonly url: string;
  readonly project: string;
}

/**
 * @param url Of the API, `http://127.0.0.1:7420` for instance.
 * @param token Where it asks for one.
 */
export function createClient(url: string, project: string, token: string | null = null): ApiClient {
  const transport = openTransport(url, project, token);
  return {
    url,
    project,
    ...systemClient(transport),
    ...pipelineClient(transport),
    ...runClient(transport),
    ...modelClient(transport),
    ...poolClient(transport),
    ...secretClient(transport),
    ...notificationClient(transport),
    ...scheduleClient(transport),
    ...triggerClient(transport),
    ...backfillClient(transport),
  };
}
