import type { DeliveryStatus } from '../notification-table.ts';
import type { Firing } from '../trigger-table.ts';
import type { Json, Time } from './columns.ts';

export interface SecretVersionRow {
  project: string;
  name: string;
  version: number;
  key_id: string;
  nonce: string;
  /** Null when it was deleted. */
  sealed: string | null;
  set_at: Time;
  set_by: string;
  deleted_at: Time | null;
  deleted_by: string | null;
}

export interface EventRow {
  project: string;
  sequence: number;
  key: string;
  /** With its kind. */
  facts: Json;
  at: Time;
}

export interface EventCursorRow {
  project: string;
  consumer: string;
  sequence: number;
}

export interface NotificationRow {
  project: string;
  name: string;
  channel: Json;
  events: Json;
  pipelines: Json;
  created_at: Time;
  created_by: string;
  since: number;
}

export interface DeliveryRow {
  project: string;
  id: string;
  notification: string;
  message: Json;
  status: DeliveryStatus;
  attempts: number;
  next_at: Time;
  lease_until: Time;
  last_error: string | null;
  created_at: Time;
  ended_at: Time | null;
}

export interface GangReplicaRow {
  project: string;
  run_id: string;
  path: string;
  attempt: number;
  rank: number;
  size: number;
  queue: string;
  delivery: string;
  machine: string;
  host: string;
  port: number | null;
  gathered_at: Time | null;
  gave_way_at: Time | null;
  lease_until: Time;
}

/** What a trigger has seen of what it watches, and how its last look went. */
export interface TriggerWatchRow {
  project: string;
  trigger: string;
  watched: number;
  memory: Json;
  as_of: number;
  failure: string | null;
  looked_at: Time | null;
}

export interface FiringRow {
  project: string;
  trigger: string;
  key: string;
  sequence: number;
  kind: Firing['kind'];
  event_at: Time;
  outcome: Firing['outcome'];
  run_id: string | null;
  depth: number;
  reason: string | null;
  at: Time;
}
