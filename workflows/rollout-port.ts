import type { ArtifactRef } from '../ir/artifact.ts';
import type { JsonObject } from '../ir/json.ts';
import type { Promotion } from '../ir/nodes/promote-node.ts';

/** One version's share of an endpoint's requests, in percent. */
export interface RolloutShare {
  readonly model: string;
  readonly version: number;
  readonly percent: number;
}

export interface RolloutEndpoint {
  readonly generation: number;
  readonly traffic: readonly RolloutShare[];
  readonly updatedBy: string;
}

/** A conflict is an answer, not an error: the rollout has to look at what stands there now. */
export type TrafficOutcome =
  | { readonly kind: 'set'; readonly endpoint: RolloutEndpoint }
  | { readonly kind: 'conflict'; readonly current: RolloutEndpoint | null };

/** As with the traffic: somebody who moved the alias, or changed the endpoint, first is an answer. */
export type AliasOutcome =
  | { readonly kind: 'moved' }
  /** What the alias names now, and the endpoint that was asked about as it is now. */
  | { readonly kind: 'conflict'; readonly version: number | null; readonly current: RolloutEndpoint | null };

/** Where an alias stands, and as of which move in the model's history: a move back is a move. */
export interface AliasStanding {
  /** null for nothing. */
  readonly version: number | null;
  /** 0 before the first. */
  readonly lastMove: number;
}

/** What a live replica says of one endpoint: the generation it last tried to apply, and why it could not. */
export interface ReplicaState {
  readonly replica: string;
  /** 0 when it has not seen the endpoint yet. */
  readonly generation: number;
  readonly error: string | null;
  /** By the replica's own clock; a live one renews it every few seconds. */
  readonly leaseUntil: number;
}

/** Who does something, and for which run; kept with whatever it changes. */
export interface RolloutAuthor {
  readonly runId: string;
  readonly taskPath: string;
  /** The rollout's own name: tells what it wrote itself from what others wrote. */
  readonly by: string;
}

/**
 * Everything that a rollout asks of the world. Delivery is at least once, so each of these may happen twice and must
 * then end as if it had happened once.
 */
export interface RolloutPort {
  /** By itself, and first: a second delivery of whatever changes something would find what others have done since. */
  standing(model: string, alias: string): Promise<AliasStanding>;
  /** The version of a model's artifact; the same artifact again gives the version that it already has. */
  addVersion(request: AddVersionRequest): Promise<AddedVersion>;
  endpoint(name: string): Promise<RolloutEndpoint | null>;
  /** Compare and set on the generation (0: no such endpoint yet). A second delivery finds its own change and gives it. */
  setTraffic(request: SetTrafficRequest): Promise<TrafficOutcome>;
  /** All replicas whose lease has not run out. */
  replicasApplied(endpoint: string): Promise<readonly ReplicaState[]>;
  /**
   * Compare and set on where the alias and the endpoint stand, in one. A second delivery, and one that was stopped for
   * long, never moves it again.
   */
  moveAlias(request: MoveAliasRequest): Promise<AliasOutcome>;
  /** Durable: outlives the process that waits. */
  sleep(ms: number): Promise<void>;
  /** Milliseconds since the epoch; the same again in a replay. */
  now(): Promise<number>;
}

export interface AddVersionRequest {
  readonly model: string;
  readonly artifact: ArtifactRef<'model'>;
  readonly evidence: JsonObject;
  /** The task's whole input: decides whether the retried run has promoted the same. */
  readonly input: JsonObject;
  readonly author: RolloutAuthor;
}

export interface AddedVersion {
  readonly version: number;
  /** What the run that this one retries has promoted with the same input: it is not to be done again. */
  readonly earlier: Promotion | null;
}

export interface SetTrafficRequest {
  readonly endpoint: string;
  readonly traffic: readonly RolloutShare[];
  readonly expectedGeneration: number;
  readonly by: string;
}

export interface MoveAliasRequest {
  readonly model: string;
  readonly alias: string;
  readonly version: number;
  /** Where the alias stood as the rollout began. */
  readonly expected: AliasStanding;
  /** The traffic that the version has come to; null where it is promoted without any. */
  readonly endpoint: { readonly name: string; readonly generation: number } | null;
  readonly reason: string;
  readonly evidence: JsonObject;
  readonly author: RolloutAuthor;
}
