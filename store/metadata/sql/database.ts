import type { RunCache } from '../../../ir/protocol/run-request.ts';
import type { RunStatus, TaskStatus, Transition } from '../../../ir/protocol/transition.ts';
import type { ContentFamily } from '../../artifacts/stored-content.ts';
import type { BackfillRerun, BackfillStatus } from '../backfill-table.ts';
import type { CHANGES } from '../change-log.ts';
import type { RUN_DRIVERS } from '../run-table.ts';
import type { AttemptStatus, LineageEdge } from '../task-table.ts';
import type { Json, Time } from './columns.ts';
import type {
  DeliveryRow,
  EventCursorRow,
  EventRow,
  FiringRow,
  GangReplicaRow,
  NotificationRow,
  SecretVersionRow,
  TriggerWatchRow,
} from './event-rows.ts';

/** The tables as they are. Each has `project` first in its key. */
export interface Database {
  pipeline_versions: PipelineVersionRow;
  runs: RunRow;
  tasks: TaskRow;
  task_counts: TaskCountRow;
  attempts: AttemptRow;
  log_chunks: LogChunkRow;
  checkpoints: CheckpointRow;
  metrics: MetricRow;
  artifacts: ArtifactRow;
  lineage: LineageRow;
  cache_entries: CacheEntryRow;
  cache_claims: CacheClaimRow;
  model_versions: ModelVersionRow;
  aliases: AliasRow;
  alias_moves: AliasMoveRow;
  endpoints: EndpointRow;
  replicas: ReplicaRow;
  workers: WorkerRow;
  schedule_changes: ChangeRow;
  trigger_changes: ChangeRow;
  trigger_watches: TriggerWatchRow;
  firings: FiringRow;
  condemned: CondemnedRow;
  backfills: BackfillRow;
  pools: PoolRow;
  pool_slots: PoolSlotRow;
  secret_versions: SecretVersionRow;
  notifications: NotificationRow;
  deliveries: DeliveryRow;
  events: EventRow;
  event_cursors: EventCursorRow;
  gang_replicas: GangReplicaRow;
}

export interface PipelineVersionRow {
  project: string;
  pipeline: string;
  version: number;
  compiled_digest: string;
  ir_digest: string;
  submitted_by: string;
  created_at: Time;
}

export interface RunRow {
  project: string;
  id: string;
  pipeline: string;
  pipeline_version: number;
  compiled_digest: string;
  name: string | null;
  driver: (typeof RUN_DRIVERS)[number];
  workflow_id: string | null;
  runner: Json;
  params: Json;
  status: RunStatus;
  output: Json;
  error: string | null;
  submitted_by: string;
  retry_of: string | null;
  cache: RunCache | null;
  rerun_from: Json;
  pause: Json;
  /** Of the last change of `pause`. */
  pause_sequence: number;
  logical_time: string | null;
  partition: string | null;
  schedule: string | null;
  backfill: string | null;
  priority: number | null;
  created_at: Time;
  started_at: Time | null;
  ended_at: Time | null;
}

export interface TaskRow {
  project: string;
  run_id: string;
  path: string;
  sequence: number;
  kind: Transition['kind'];
  step: string | null;
  status: TaskStatus;
  at: Time;
  input: Json;
  output: Json;
  failure: Json;
  cache: Json;
  detail: Json;
  started_at: Time | null;
  ended_at: Time | null;
  /** As of `TaskCount`; '' of a task that stands in no item and no round. */
  address: string;
  /** The order in which tasks are listed: by rank, turn and path (task-listing.ts). */
  rank: number;
  turn: number;
}

export interface TaskCountRow {
  project: string;
  run_id: string;
  address: string;
  kind: Transition['kind'];
  status: TaskStatus;
  tasks: number;
}

export interface AttemptRow {
  project: string;
  run_id: string;
  path: string;
  attempt: number;
  /** '' where deliveries are not told apart. */
  delivery: string;
  status: AttemptStatus;
  worker: string;
  queue: string;
  started_at: Time;
  ended_at: Time | null;
  failure: Json;
  progress: number | null;
  message: string | null;
}

export interface LogChunkRow {
  project: string;
  run_id: string;
  path: string;
  attempt: number;
  delivery: string;
  chunk: number;
  /** Counts the chunks of a run in order of writing. */
  position: number;
  lines: Json;
}

export interface CheckpointRow {
  project: string;
  run_id: string;
  path: string;
  attempt: number;
  value: Json;
  saved_at: Time;
}

export interface MetricRow {
  project: string;
  run_id: string;
  path: string;
  name: string;
  step: number;
  /** Null for not-a-number, which SQLite cannot keep. */
  value: number | null;
}

export interface ArtifactRow {
  project: string;
  digest: string;
  kind: string;
  uri: string;
  size: number;
  metadata: Json;
  created_at: Time;
}

export interface LineageRow {
  project: string;
  run_id: string;
  path: string;
  direction: LineageEdge['direction'];
  digest: string;
}

export interface CacheEntryRow {
  project: string;
  key: string;
  pipeline: string;
  step: string;
  output: Json;
  run_id: string;
  path: string;
  parts: Json;
  created_at: Time;
}

export interface CacheClaimRow {
  project: string;
  key: string;
  run_id: string;
  path: string;
  lease_until: Time;
}

export interface ModelVersionRow {
  project: string;
  model: string;
  version: number;
  digest: string;
  artifact: Json;
  evidence: Json;
  run_id: string | null;
  task_path: string | null;
  created_by: string;
  created_at: Time;
}

export interface AliasRow {
  project: string;
  model: string;
  alias: string;
  version: number;
  updated_at: Time;
}

export interface AliasMoveRow {
  project: string;
  model: string;
  /** Counts the moves of a model's aliases. */
  position: number;
  alias: string;
  from_version: number | null;
  to_version: number | null;
  moved_by: string;
  reason: string;
  run_id: string | null;
  evidence: Json;
  at: Time;
}

export interface EndpointRow {
  project: string;
  name: string;
  generation: number;
  traffic: Json;
  updated_at: Time;
  updated_by: string;
}

export interface ReplicaRow {
  project: string;
  id: string;
  url: string;
  lease_until: Time;
  applied: Json;
}

export interface WorkerRow {
  project: string;
  id: string;
  queues: Json;
  host: string;
  pid: number;
  capacity: Json;
  externals: Json;
  details: Json;
  started_at: Time;
  lease_until: Time;
}

/** Of a schedule or of a trigger. */
export interface ChangeRow {
  project: string;
  name: string;
  generation: number;
  change: (typeof CHANGES)[number];
  pipeline: string;
  version: number | null;
  params: Json;
  spec: Json;
  priority: number | null;
  /** 1 when it is. */
  paused: number;
  note: string | null;
  updated_at: Time;
  updated_by: string;
}

export interface CondemnedRow {
  project: string;
  family: ContentFamily;
  digest: string;
  bytes: number;
  condemned_at: Time;
  /** While it is being removed. */
  leaving_until: Time | null;
}

export interface BackfillRow {
  project: string;
  id: string;
  request: string;
  pipeline: string;
  pipeline_version: number;
  compiled_digest: string;
  params: Json;
  concurrency: number;
  priority: number | null;
  partitions: Json;
  size: number;
  left_out: number;
  rerun: BackfillRerun;
  round: number;
  /** Partitions of this round. */
  pending: Json;
  status: BackfillStatus;
  created_by: string;
  created_at: Time;
  ended_at: Time | null;
}

export interface PoolRow {
  project: string;
  name: string;
  slots: number;
  updated_at: Time;
  updated_by: string;
}

/** Slots that a task has, or stands in line for. */
export interface PoolSlotRow {
  project: string;
  pool: string;
  run_id: string;
  /** '' for the run itself. */
  path: string;
  slots: number;
  /** How many there are where the pool is not set. */
  own_size: number | null;
  priority: number;
  workflow_id: string | null;
  asked_at: Time;
  granted_at: Time | null;
  lease_until: Time;
}
