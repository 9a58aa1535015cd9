import type { CompiledPipeline } from '../ir/compiled-pipeline.ts';
import type { Digest } from '../ir/digest.ts';
import type { ApprovalDecision } from '../ir/nodes/approval-node.ts';
import type { Backfill } from '../store/metadata/backfill-table.ts';
import type { Page, PageRequest } from '../store/metadata/metadata-store.ts';
import type { Delivery, Notification } from '../store/metadata/notification-table.ts';
import type { PipelineVersion } from '../store/metadata/pipeline-table.ts';
import type { PoolState } from '../store/metadata/pool-table.ts';
import type { ListedRun, RunFilter } from '../store/metadata/run-table.ts';
import type { ScheduleChange } from '../store/metadata/schedule-table.ts';
import type { SecretVersion } from '../store/metadata/secret-table.ts';
import type { ListedTask, Metric, MetricFilter, TaskFilter } from '../store/metadata/task-table.ts';
import type { Firing, TriggerChange } from '../store/metadata/trigger-table.ts';
import type { Resealed } from '../store/secrets/reseal.ts';
import type { ProblemCode, ProblemDocument, ProblemPart } from './http/problem.ts';
import type { Collection } from './retention/collect.ts';
import type { Decide } from './schemas/approval.ts';
import type { BackfillState, CreateBackfill, PartitionState } from './schemas/backfill.ts';
import type { Collect } from './schemas/collection.ts';
import type { Explanation } from './schemas/explanation.ts';
import type { ModelDetail, ModelHistory, ModelList } from './schemas/model.ts';
import type {
  CreatedNotification,
  CreateNotification,
  NotificationList,
  TestedNotification,
} from './schemas/notification.ts';
import type { PipelineDetail } from './schemas/pipeline.ts';
import type { SetPool } from './schemas/pool.ts';
import type { CancelRun, PauseRun, RerunRun, RetryRun, RunValues, SubmitRun, SubmittedRun } from './schemas/run.ts';
import type { CreateSchedule, ScheduleState, Triggered, UpdateSchedule } from './schemas/schedule.ts';
import type { MissingSecretList, SecretList } from './schemas/secret.ts';
import type { EndpointList, Health, Readiness, WorkerList } from './schemas/system.ts';
import type { AttemptList, LogPage, RunDetail } from './schemas/task.ts';
import type {
  AppliedTriggers,
  ApplyTriggers,
  CreatedTrigger,
  CreateTrigger,
  TriggerState,
  UpdateTrigger,
} from './schemas/trigger.ts';

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
export type { Collection } from './retention/collect.ts';
export type { Collect } from './schemas/collection.ts';
export type { Explanation, TaskExplanation } from './schemas/explanation.ts';
export type { CreatedNotification, CreateNotification } from './schemas/notification.ts';
export type {
  AppliedTriggers,
  BackfillState,
  CreateBackfill,
  CreateTrigger,
  EndpointList,
  Health,
  LogPage,
  ModelDetail,
  ModelHistory,
  ModelList,
  PartitionState,
  PipelineDetail,
  RunDetail,
  RunValues,
  ScheduleState,
  SubmittedRun,
  TriggerState,
  UpdateTrigger,
  WorkerList,
};

/** The API's refusal, as it sent it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ProblemCode;
  readonly status: number;
  readonly next: string | null;
  readonly parts: readonly ProblemPart[];

  constructor(problem: ProblemDocument) {
    super(problem.detail);
    this.code = problem.code;
    this.status = problem.status;
    this.next = problem.next;
    this.parts = problem.errors;
  }
}

/** No answer, or one that no Millrace API gives. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';
  readonly next =
    'Look at `millrace doctor`. Where MILLRACE_API_URL is set, correct or unset it; else `millrace up` starts the system.';
}

export interface PartitionFilter extends PageRequest {
  readonly from?: string;
  readonly to?: string;
  readonly version?: number;
}

/** The API of one project, typed. Every method throws `ApiError` or `ApiUnreachable`. */
export interface ApiClient {
  readonly url: string;
  readonly project: string;
  health(): Promise<Health>;
  /** Whether what it needs answers. */
  readiness(): Promise<Readiness>;
  hasBlob(digest: Digest): Promise<boolean>;
  putBlob(digest: Digest, bytes: Uint8Array): Promise<void>;
  addPipeline(compiled: CompiledPipeline): Promise<PipelineVersion>;
  pipelines(filter?: { pipeline?: string; cursor?: string; limit?: number }): Promise<Page<PipelineVersion>>;
  pipeline(name: string, version?: number): Promise<PipelineDetail>;
  submitRun(body: SubmitRun): Promise<SubmittedRun>;
  runs(filter?: RunFilter): Promise<Page<ListedRun>>;
  run(id: string, signal?: AbortSignal): Promise<RunDetail>;
  /** What the run was given and gave, however large. */
  runValues(id: string): Promise<RunValues>;
  /** All tasks of a run by pages, of which `run` has some. */
  tasks(id: string, filter?: TaskFilter): Promise<Page<ListedTask>>;
  /** A task with its values, however large. */
  task(id: string, path: string): Promise<ListedTask>;
  /** The newest attempts of a task. */
  attempts(id: string, path: string): Promise<AttemptList>;
  /** What a run's metrics were at each step, by path, name and step. */
  points(id: string, filter?: MetricFilter): Promise<Page<Metric>>;
  /** A page; to be asked again with its cursor until one comes without chunks. */
  logs(id: string, filter?: { after?: string; path?: string; limit?: number }): Promise<LogPage>;
  explainRun(id: string, path?: string): Promise<Explanation>;
  cancelRun(id: string, how?: CancelRun): Promise<ListedRun>;
  pauseRun(id: string, body?: PauseRun): Promise<ListedRun>;
  unpauseRun(id: string): Promise<ListedRun>;
  /** @param force also a run that made versions of models */
  deleteRun(id: string, force?: boolean): Promise<ListedRun>;
  retryRun(id: string, body: RetryRun): Promise<SubmittedRun>;
  rerunRun(id: string, body: RerunRun): Promise<SubmittedRun>;
  decide(id: string, body: Decide): Promise<ApprovalDecision>;
  models(): Promise<ModelList>;
  /** @param page of its versions */
  model(name: string, page?: PageRequest): Promise<ModelDetail>;
  modelHistory(name: string, page?: PageRequest): Promise<ModelHistory>;
  endpoints(): Promise<EndpointList>;
  workers(): Promise<WorkerList>;
  /** Answered when it has ended. */
  collect(body: Collect): Promise<Collection>;
  pools(page?: PageRequest): Promise<Page<PoolState>>;
  pool(name: string): Promise<PoolState>;
  setPool(pool: SetPool): Promise<PoolState>;
  deletePool(name: string): Promise<PoolState>;
  /** Those that are stored, without their values. */
  secrets(): Promise<SecretList>;
  setSecret(name: string, value: string): Promise<SecretVersion>;
  deleteSecret(name: string): Promise<SecretList>;
  /** What tasks of pipelines read and workers that may get them cannot. */
  /** By the first key of the API's. */
  resealSecrets(): Promise<Resealed>;
  missingSecrets(): Promise<MissingSecretList>;
  /** With what it names and there is not. */
  createNotification(body: CreateNotification): Promise<CreatedNotification>;
  notifications(): Promise<NotificationList>;
  notification(name: string): Promise<Notification>;
  deleteNotification(name: string): Promise<Notification>;
  /** What was told, newest first; of a deleted one too. */
  deliveries(name: string, page?: PageRequest): Promise<Page<Delivery>>;
  /** Answered when it was taken or refused. */
  testNotification(name: string): Promise<TestedNotification>;
  createSchedule(body: CreateSchedule): Promise<ScheduleState>;
  schedules(page?: PageRequest): Promise<Page<ScheduleState>>;
  schedule(name: string): Promise<ScheduleState>;
  scheduleHistory(name: string, page?: PageRequest): Promise<Page<ScheduleChange>>;
  updateSchedule(name: string, body: UpdateSchedule): Promise<ScheduleState>;
  /** @param verb and, for people, why */
  pauseSchedule(name: string, verb: 'pause' | 'unpause', note: string | null): Promise<ScheduleState>;
  triggerSchedule(name: string): Promise<Triggered>;
  removeSchedule(name: string): Promise<ScheduleState>;
  /** With the secret of a webhook, which is told this once. */
  createTrigger(body: CreateTrigger): Promise<CreatedTrigger>;
  applyTriggers(body: ApplyTriggers): Promise<AppliedTriggers>;
  triggers(page?: PageRequest): Promise<Page<TriggerState>>;
  trigger(name: string): Promise<TriggerState>;
  /** What it did about events, and who changed it. */
  firings(name: string, page?: PageRequest): Promise<Page<Firing>>;
  triggerChanges(name: string, page?: PageRequest): Promise<Page<TriggerChange>>;
  updateTrigger(name: string, body: UpdateTrigger): Promise<TriggerState>;
  pauseTrigger(name: string, verb: 'pause' | 'unpause', note: string | null): Promise<TriggerState>;
  removeTrigger(name: string): Promise<TriggerState>;
  createBackfill(body: CreateBackfill): Promise<BackfillState>;
  backfills(page?: PageRequest & { readonly pipeline?: string }): Promise<Page<Backfill>>;
  backfill(id: string): Promise<BackfillState>;
  cancelBackfill(id: string, keepRunning?: boolean): Promise<BackfillState>;
  retryBackfill(id: string): Promise<BackfillState>;
  /** In order, each with its newest run. `from` and `to` are keys of its dimension of time. */
  partitions(pipeline: string, page?: PartitionFilter): Promise<Page<PartitionState>>;
}

/**
 * @param url Of the API, `http://127.0.0.1:7420` for instance.
 * @param token Where it asks for one.
 */
export function createClient(url: string, project: string, token: string | null = null): ApiClient {
  const base = `${url}/api/v1/projects/${encodeURIComponent(project)}`;
  const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  const request = (target: string, init: RequestInit & { headers?: Record<string, string> }) =>
    send(target, { ...init, headers: { ...init.headers, ...authorization } });
  const get = async <T>(
    path: string,
    query: Readonly<Record<string, unknown>> = {},
    signal: AbortSignal | null = null,
  ): Promise<T> => readJson<T>(await request(`${base}/${path}${queryOf(query)}`, { method: 'GET', signal }));
  const write = async <T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body: unknown): Promise<T> =>
    readJson<T>(
      await request(`${base}/${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  const post = <T>(path: string, body: unknown): Promise<T> => write('POST', path, body);
  const id = encodeURIComponent;
  return {
    url,
    project,
    health: async () => readJson<Health>(await request(`${url}/health`, { method: 'GET' })),
    readiness: async () => readReadiness(await request(`${url}/health/ready`, { method: 'GET' })),
    hasBlob: async (digest) => (await request(`${base}/blobs/${digest}`, { method: 'HEAD' })).status === 200,
    putBlob: async (digest, bytes) => {
      const headers = { 'content-type': 'application/octet-stream' };
      await readJson(await request(`${base}/blobs/${digest}`, { method: 'PUT', headers, body: new Uint8Array(bytes) }));
    },
    addPipeline: (compiled) => post('pipelines', compiled),
    pipelines: (filter = {}) => get('pipelines', { ...filter }),
    pipeline: (name, version) => get(`pipelines/${id(name)}/versions/${version ?? 'latest'}`),
    submitRun: (body) => post('runs', body),
    runs: (filter = {}) => get('runs', { ...filter }),
    run: (run, signal) => get(`runs/${id(run)}`, {}, signal),
    runValues: (run) => get(`runs/${id(run)}/values`),
    tasks: (run, filter = {}) => get(`runs/${id(run)}/tasks`, { ...filter }),
    task: (run, path) => get(`runs/${id(run)}/tasks/${id(path)}`),
    attempts: (run, path) => get(`runs/${id(run)}/tasks/${id(path)}/attempts`),
    points: (run, filter = {}) => get(`runs/${id(run)}/metrics`, { ...filter }),
    logs: (run, filter = {}) => get(`runs/${id(run)}/logs`, { ...filter }),
    explainRun: (run, path) => get(`runs/${id(run)}/explain`, path === undefined ? {} : { path }),
    cancelRun: (run, how = {}) => post(`runs/${id(run)}/cancel`, how),
    pauseRun: (run, body = {}) => post(`runs/${id(run)}/pause`, body),
    unpauseRun: (run) => post(`runs/${id(run)}/unpause`, {}),
    deleteRun: (run, force = false) => write('DELETE', `runs/${id(run)}`, { force }),
    retryRun: (run, body) => post(`runs/${id(run)}/retry`, body),
    rerunRun: (run, body) => post(`runs/${id(run)}/rerun`, body),
    decide: (run, body) => post(`runs/${id(run)}/approvals`, body),
    models: () => get('models'),
    model: (name, page = {}) => get(`models/${id(name)}`, { ...page }),
    modelHistory: (name, page = {}) => get(`models/${id(name)}/history`, { ...page }),
    endpoints: () => get('endpoints'),
    workers: () => get('workers'),
    collect: (body) => post('collections', body),
    pools: (page = {}) => get('pools', { ...page }),
    pool: (name) => get(`pools/${id(name)}`),
    setPool: ({ name, slots }) => write('PUT', `pools/${id(name)}`, { slots }),
    deletePool: (name) => write('DELETE', `pools/${id(name)}`, {}),
    secrets: () => get('secrets'),
    setSecret: (name, value) => write('PUT', `secrets/${id(name)}`, { value }),
    deleteSecret: (name) => write('DELETE', `secrets/${id(name)}`, {}),
    resealSecrets: () => post('reseal-secrets', {}),
    missingSecrets: () => get('missing-secrets'),
    createNotification: (body) => post('notifications', body),
    notifications: () => get('notifications'),
    notification: (name) => get(`notifications/${id(name)}`),
    deleteNotification: (name) => write('DELETE', `notifications/${id(name)}`, {}),
    deliveries: (name, page = {}) => get(`notifications/${id(name)}/deliveries`, { ...page }),
    testNotification: (name) => post(`notifications/${id(name)}/test`, {}),
    createSchedule: (body) => post('schedules', body),
    schedules: (page = {}) => get('schedules', { ...page }),
    schedule: (name) => get(`schedules/${id(name)}`),
    scheduleHistory: (name, page = {}) => get(`schedules/${id(name)}/history`, { ...page }),
    updateSchedule: (name, body) => write('PATCH', `schedules/${id(name)}`, body),
    pauseSchedule: (name, verb, note) => post(`schedules/${id(name)}/${verb}`, { note }),
    triggerSchedule: (name) => post(`schedules/${id(name)}/trigger`, {}),
    removeSchedule: (name) => write('DELETE', `schedules/${id(name)}`, {}),
    createTrigger: (body) => post('triggers', body),
    applyTriggers: (body) => post('triggers/apply', body),
    triggers: (page = {}) => get('triggers', { ...page }),
    trigger: (name) => get(`triggers/${id(name)}`),
    firings: (name, page = {}) => get(`triggers/${id(name)}/firings`, { ...page }),
    triggerChanges: (name, page = {}) => get(`triggers/${id(name)}/changes`, { ...page }),
    updateTrigger: (name, body) => write('PATCH', `triggers/${id(name)}`, body),
    pauseTrigger: (name, verb, note) => post(`triggers/${id(name)}/${verb}`, { note }),
    removeTrigger: (name) => write('DELETE', `triggers/${id(name)}`, {}),
    createBackfill: (body) => post('backfills', body),
    backfills: (page = {}) => get('backfills', { ...page }),
    backfill: (name) => get(`backfills/${id(name)}`),
    cancelBackfill: (name, keepRunning = false) => post(`backfills/${id(name)}/cancel`, { keepRunning }),
    retryBackfill: (name) => post(`backfills/${id(name)}/retry`, {}),
    partitions: (name, page = {}) => get(`pipelines/${id(name)}/partitions`, { ...page }),
  };
}

function queryOf(query: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([key, value]): [string, string] => [key, String(value)]))}`;
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new ApiUnreachable(`The API at ${new URL(url).origin} does not answer.`, { cause: error });
  }
}

async function readJson<T>(response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body as T;
  if (isProblem(body)) throw new ApiError(body);
  throw new ApiUnreachable(
    `${response.url} answered ${response.status}, and not as Millrace's API does. Is it another server?`,
  );
}

/** It says what it lacks with 503, which is an answer as well. */
async function readReadiness(response: Response): Promise<Readiness> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  return isReadiness(body) ? body : readJson(response);
}

function isReadiness(body: unknown): body is Readiness {
  return typeof body === 'object' && body !== null && 'ready' in body;
}

function isProblem(body: unknown): body is ProblemDocument {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
}
