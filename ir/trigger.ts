import type { ArtifactKind } from './artifact.ts';
import type { Path } from './binding.ts';
import type { Condition } from './condition.ts';
import type { JsonObject, JsonSchema } from './json.ts';

/** How a run can end. */
export const RUN_ENDS = ['succeeded', 'failed', 'cancelled'] as const;
export type RunEnd = (typeof RUN_ENDS)[number];

/** A run of a pipeline ended in one of these ways. */
export interface RunEndedSource {
  readonly kind: 'runEnded';
  readonly pipeline: string;
  readonly statuses: readonly RunEnd[];
}

/** A task of a pipeline made an artifact; null is any. */
export interface ArtifactPublishedSource {
  readonly kind: 'artifactPublished';
  readonly pipeline: string;
  readonly task: string | null;
  readonly artifact: ArtifactKind | null;
}

export interface VersionAddedSource {
  readonly kind: 'versionAdded';
  readonly model: string;
}

export interface AliasMovedSource {
  readonly kind: 'aliasMoved';
  readonly model: string;
  readonly alias: string;
}

/** Files of a partition lie where they are to be. */
export interface PartitionFiles {
  readonly kind: 'files';
  /**
   * A path, or `s3://bucket/key`, with `{partition}` or the names of dimensions in braces; `*` in its last part stands for
   * any characters: `/data/{day}/_SUCCESS`, `s3://lake/flights/{day}/*.parquet`.
   */
  readonly path: string;
  /** How many files make it whole. */
  readonly files: number;
  /** How many rows they have together at least, all of them Parquet; null counts none. */
  readonly rows: number | null;
}

/** A query of a PostgreSQL database gives a number. */
export interface PartitionQuery {
  readonly kind: 'query';
  /** Name of the secret that is the database's URL. */
  readonly database: string;
  /** With `{partition}` or the names of dimensions in braces, for which parameters stand. */
  readonly query: string;
  /** What it gives at least when the partition is whole. */
  readonly rows: number;
}

/** A partition of the pipeline that is started is there. */
export interface PartitionArrivedSource {
  readonly kind: 'partitionArrived';
  readonly place: PartitionFiles | PartitionQuery;
  /**
   * The first partition of time that is looked for, by its key in that dimension; null where none is of time, and in a
   * pipeline's file where it does not say so: then it is the one that ended last when the file is applied.
   */
  readonly from: string | null;
  /** Milliseconds after the end of a partition from which on it is told as late; null never tells. */
  readonly lateAfterMs: number | null;
}

/** A metric of a pipeline's runs went beyond a limit: the first time, and again after it has been back. */
export interface MetricCrossedSource {
  readonly kind: 'metricCrossed';
  readonly pipeline: string;
  readonly metric: string;
  /** Path of the task that measures it; null takes the worst of all. */
  readonly task: string | null;
  readonly side: 'above' | 'below';
  readonly limit: number;
}

/** What a pipeline published last is older than a limit: told once, until it has published again. */
export interface StaleSource {
  readonly kind: 'stale';
  readonly pipeline: string;
  /** Null is any. */
  readonly artifact: ArtifactKind | null;
  readonly afterMs: number;
}

/** Somebody else's system says so, by a signed request. */
export interface WebhookSource {
  readonly kind: 'webhook';
  /** What a request's body has to be like; null takes any object. */
  readonly body: JsonSchema | null;
}

/** What a trigger waits for: its kind is that of the events that it is for. */
export type TriggerSource =
  | RunEndedSource
  | ArtifactPublishedSource
  | VersionAddedSource
  | AliasMovedSource
  | PartitionArrivedSource
  | MetricCrossedSource
  | StaleSource
  | WebhookSource;

export const TRIGGER_KINDS = [
  ...['runEnded', 'artifactPublished', 'versionAdded', 'aliasMoved'],
  ...['partitionArrived', 'metricCrossed', 'stale', 'webhook'],
] as readonly TriggerSource['kind'][];

/** When a trigger starts a run, and what the run gets of the event. */
export interface TriggerSettings {
  readonly on: TriggerSource;
  /** Of the event, whose fields are to the condition what parameters are to a pipeline's; null lets all through. */
  readonly where: Condition | null;
  /** By parameter, the part of the event that it gets. */
  readonly bind: Readonly<Record<string, Path>>;
  /** The part of the event that is the run's partition; null for a pipeline without. */
  readonly partition: Path | null;
}

/** A trigger in a pipeline's file. It starts runs of that pipeline once it has been applied. */
export interface DeclaredTrigger extends TriggerSettings {
  readonly name: string;
  /** As they were given: defaults are filled in at each start. */
  readonly params: JsonObject;
  readonly paused: boolean;
  readonly note: string | null;
}

/** A trigger's settings, and what it has to do with what came before them. */
export interface TriggerSpec extends TriggerSettings {
  /** Whether it is of a pipeline's file, which changes and deletes it by being applied. */
  readonly declared: boolean;
  /** Only events after it count: what happened before somebody wanted the trigger starts nothing. */
  readonly since: number;
  /** Generation of the trigger from which on it waits for this: what was seen for an earlier one is not its own. */
  readonly watched: number;
}

/** What a trigger remembers of what it watches. */
export type TriggerMemory = JsonObject;
