import type { ArtifactKind } from '../../ir/artifact.ts';
import type { JsonObject } from '../../ir/json.ts';
import type { RunEnd } from '../../ir/trigger.ts';

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

/** A trigger found the files of a partition. */
export interface PartitionArrived {
  readonly kind: 'partitionArrived';
  readonly trigger: string;
  /** That of the trigger's settings for which it was seen. */
  readonly watched: number;
  readonly pipeline: string;
  readonly partition: string;
  /** Where they were found, and how many. */
  readonly path: string;
  readonly files: number;
  /** When the partition ended; null where it is not of time. */
  readonly logicalTime: string | null;
}

/** A partition has not arrived, and its time is over. It may still arrive. */
export interface PartitionLate {
  readonly kind: 'partitionLate';
  readonly trigger: string;
  readonly pipeline: string;
  readonly partition: string;
  readonly path: string;
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
  | VersionAdded
  | AliasMoved
  | ArtifactPublished
  | PartitionArrived
  | PartitionLate
  | MetricCrossed
  | Stale
  | Webhook;

export type Event<Facts extends EventFacts = EventFacts> = Facts & {
  /** Grows in the order in which they came to be; numbers may be missing. */
  readonly sequence: number;
  /** What happened, told apart from all else: the same is told once. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
};

/** A consumer that stood still for so long that events went before it read them. */
export interface Unread {
  readonly consumer: string;
  readonly events: number;
}

/**
 * What happened in a project, append-only and in one order. Other tables write an event in the transaction of the change that
 * it tells of, so that neither is there without the other. A reader that has seen an event has seen all before it.
 *
 * @example for (const event of await events.after(cursor, 100)) tell(event);
 */
export interface EventTable {
  /** @returns false when there is one of that key: nothing is written then */
  append(key: string, facts: EventFacts, at: number): Promise<boolean>;
  /** Those after a sequence, the oldest first. @throws PageError for a limit that no page can have. */
  after(sequence: number, limit: number): Promise<readonly Event[]>;
  /** The sequence of the newest; 0 when nothing has happened yet. */
  newest(): Promise<number>;
  /** Up to where a consumer has done all; null for one that has not begun. */
  cursor(consumer: string): Promise<number | null>;
  /**
   * Compare and set, so that of two processes of one consumer one moves on.
   *
   * @param from where it was read; null begins
   * @returns false when it does not stand there
   */
  moveCursor(consumer: string, from: number | null, to: number): Promise<boolean>;
  /** How many `deleteBefore` would take. */
  countBefore(at: number): Promise<number>;
  /**
   * Events of before a time go, whether or not they were read: a consumer that stands still for good keeps none. But the newest
   * stays, from which the order goes on.
   *
   * @returns what consumers that have begun had still to read of them
   */
  deleteBefore(at: number): Promise<readonly Unread[]>;
}
