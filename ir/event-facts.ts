import type { ArtifactKind } from './artifact.ts';
import type { JsonObject } from './json.ts';
import type { RunEnd } from './trigger.ts';

/** A run has ended. Told once, whoever wrote its end. */
export interface RunEnded {
  readonly kind: 'runEnded';
  readonly run: string;
  readonly pipeline: string;
  /** 0 for a run that found no pipeline. */
  readonly version: number;
  readonly status: RunEnd;
  readonly error: string | null;
  readonly partition: string | null;
  readonly logicalTime: string | null;
  readonly schedule: string | null;
  readonly backfill: string | null;
}

/** A run waits for a person. */
export interface ApprovalOpened {
  readonly kind: 'approvalOpened';
  readonly run: string;
  readonly pipeline: string;
  /** The approval's task path. */
  readonly task: string;
  readonly message: string | null;
  readonly roles: readonly string[];
}

/** A task told people something (`notify`). */
export interface MessageWritten {
  readonly kind: 'messageWritten';
  readonly run: string;
  readonly pipeline: string;
  /** The task's path. */
  readonly task: string;
  readonly text: string;
  /** The notification that tells it; null for all of the pipeline's that tell of messages. */
  readonly channel: string | null;
}

/** A version of a model was added. */
export interface VersionAdded {
  readonly kind: 'versionAdded';
  readonly model: string;
  readonly version: number;
  readonly run: string | null;
  readonly by: string;
}

/** An alias names another version than before; null is none. */
export interface AliasMoved {
  readonly kind: 'aliasMoved';
  readonly model: string;
  readonly alias: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly run: string | null;
  readonly by: string;
  readonly reason: string;
}

/**
 * A task was run and made an artifact, or `publishPredictions` put one where analysts ask for it. Tasks of a fan-out's items
 * and of a loop's rounds are left out, however many they are, and so is what was taken from the cache: nothing new was made.
 */
export interface ArtifactPublished {
  readonly kind: 'artifactPublished';
  readonly run: string;
  readonly pipeline: string;
  readonly task: string;
  readonly step: string | null;
  readonly artifact: ArtifactKind;
  readonly digest: string;
  readonly uri: string;
  /** Of the run. */
  readonly partition: string | null;
  readonly logicalTime: string | null;
}

/** A trigger found a partition. */
export interface PartitionArrived {
  readonly kind: 'partitionArrived';
  readonly trigger: string;
  /** That of the trigger's settings for which it was seen. */
  readonly watched: number;
  readonly pipeline: string;
  readonly partition: string;
  /** Where its files were found, and how many; null where a query was asked. */
  readonly path: string | null;
  readonly files: number | null;
  /** Null where none were counted. */
  readonly rows: number | null;
  /** When the partition ended; null where it is not of time. */
  readonly logicalTime: string | null;
}

/** A partition has not arrived, and its time is over. It may still arrive. */
export interface PartitionLate {
  readonly kind: 'partitionLate';
  readonly trigger: string;
  readonly pipeline: string;
  readonly partition: string;
  /** Null where a query is asked, and where it could not be looked for. */
  readonly path: string | null;
  /** When it was to be there at the latest. */
  readonly due: string;
}

/** A metric went beyond the limit that a trigger watches. */
export interface MetricCrossed {
  readonly kind: 'metricCrossed';
  readonly trigger: string;
  /** That of the trigger's settings for which it was seen. */
  readonly watched: number;
  readonly run: string;
  readonly pipeline: string;
  readonly task: string;
  readonly metric: string;
  readonly value: number;
  readonly limit: number;
  readonly side: 'above' | 'below';
  readonly partition: string | null;
}

/** What a pipeline published last has become too old. */
export interface Stale {
  readonly kind: 'stale';
  readonly trigger: string;
  /** That of the trigger's settings for which it was seen. */
  readonly watched: number;
  readonly pipeline: string;
  /** When that was. */
  readonly published: string;
  /** Null where nothing of it is known. */
  readonly run: string | null;
}

/** A signed request came. */
export interface Webhook {
  readonly kind: 'webhook';
  readonly trigger: string;
  /** That of the trigger's settings for which it was seen. */
  readonly watched: number;
  /** Its sender's id of it. */
  readonly delivery: string;
  readonly body: JsonObject;
}

/** What happened, as data. */
export type EventFacts =
  | RunEnded
  | ApprovalOpened
  | MessageWritten
  | VersionAdded
  | AliasMoved
  | ArtifactPublished
  | PartitionArrived
  | PartitionLate
  | MetricCrossed
  | Stale
  | Webhook;
