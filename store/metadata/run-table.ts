import type { JsonObject, JsonValue } from '../../ir/json.ts';
import type { RunStatus } from '../../ir/protocol/transition.ts';
import type { Page, PageRequest } from './metadata-store.ts';

export const RUN_DRIVERS = ['temporal', 'local'] as const;

export interface Run {
  readonly id: string;
  readonly pipeline: string;
  readonly pipelineVersion: number;
  readonly compiledDigest: string;
  /** A label for people; not unique. */
  readonly name: string | null;
  readonly driver: (typeof RUN_DRIVERS)[number];
  readonly workflowId: string | null;
  readonly params: JsonObject;
  readonly status: RunStatus;
  readonly output: JsonValue;
  readonly error: string | null;
  readonly submittedBy: string;
  readonly retryOf: string | null;
  readonly logicalTime: string | null;
  readonly partition: string | null;
  /** Milliseconds since the epoch, as are all times here. */
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

export type NewRun = Omit<Run, 'status' | 'output' | 'error' | 'createdAt' | 'startedAt' | 'endedAt'>;

export interface RunFilter extends PageRequest {
  readonly pipeline?: string;
  readonly status?: RunStatus;
}

export interface RunTable {
  /** @throws MetadataError `conflict` when a run with this id exists (a retried submission finds its first). */
  create(run: NewRun): Promise<Run>;
  get(id: string): Promise<Run | null>;
  list(filter?: RunFilter): Promise<Page<Run>>;
  /** pending → running; no change when it has started or ended. */
  start(id: string, at: number): Promise<void>;
  /** The last word on a run: later calls change nothing, so that a zombie cannot rewrite how a run ended. */
  end(id: string, outcome: { status: RunStatus; output: JsonValue; error: string | null; at: number }): Promise<void>;
}
