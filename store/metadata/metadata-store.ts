import type { BackfillTable } from './backfill-table.ts';
import type { CacheTable } from './cache-table.ts';
import type { CondemnedTable } from './condemned-table.ts';
import type { EndpointTable } from './endpoint-table.ts';
import type { EventTable } from './event-table.ts';
import type { GangTable } from './gang-table.ts';
import type { NotificationTable } from './notification-table.ts';
import type { PipelineTable } from './pipeline-table.ts';
import type { PoolTable } from './pool-table.ts';
import type { RegistryTable } from './registry-table.ts';
import type { RetentionTable } from './retention-table.ts';
import type { RunTable } from './run-table.ts';
import type { ScheduleTable } from './schedule-table.ts';
import type { SecretTable } from './secret-table.ts';
import type { TaskTable } from './task-table.ts';
import type { TriggerTable } from './trigger-table.ts';
import type { WorkerTable } from './worker-table.ts';

/**
 * What Millrace remembers about one project: a projection of Temporal while a run lives, the truth once it has closed.
 * Every row carries the project. Drivers pass the conformance suite in `metadata-store.suite.ts`.
 */
export interface MetadataStore {
  readonly project: string;
  readonly pipelines: PipelineTable;
  readonly runs: RunTable;
  readonly tasks: TaskTable;
  readonly cache: CacheTable;
  readonly registry: RegistryTable;
  readonly endpoints: EndpointTable;
  readonly workers: WorkerTable;
  readonly schedules: ScheduleTable;
  readonly condemned: CondemnedTable;
  readonly retention: RetentionTable;
  readonly backfills: BackfillTable;
  readonly pools: PoolTable;
  readonly secrets: SecretTable;
  readonly notifications: NotificationTable;
  readonly events: EventTable;
  readonly gangs: GangTable;
  readonly triggers: TriggerTable;
  close(): Promise<void>;
}

export type MetadataErrorKind = 'notFound' | 'conflict' | 'newerSchema' | 'noSpace' | 'unavailable';

/** The caller asked for a page that no list has. */
export class PageError extends RangeError {
  override readonly name = 'PageError';
}

/** A state that the caller can act on: the kind says which, the message what, where and what next. */
export class MetadataError extends Error {
  override readonly name = 'MetadataError';
  readonly kind: MetadataErrorKind;

  constructor(kind: MetadataErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** A page of a list, newest first. `cursor` is given back to get the next; null after the last. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly cursor: string | null;
}

export interface PageRequest {
  readonly limit?: number;
  readonly cursor?: string | null;
}
