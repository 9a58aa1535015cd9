import type { ArtifactRef } from '../ir/artifact.ts';
import type { JsonObject } from '../ir/json.ts';

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

/** What a live replica says of one endpoint: the generation it last tried to apply, and why it could not. */
export interface ReplicaState {
  readonly replica: string;
  /** 0 when it has not seen the endpoint yet. */
  readonly generation: number;
  readonly error: string | null;
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
  /** The version of a model's artifact; the same artifact again gives the version that it already has. */
  addVersion(request: AddVersionRequest): Promise<{ readonly version: number }>;
  endpoint(name: string): Promise<RolloutEndpoint | null>;
  /** Compare and set on the generation (0: no such endpoint yet). A second delivery finds its own change and gives it. */
  setTraffic(request: SetTrafficRequest): Promise<TrafficOutcome>;
  /** All replicas whose lease has not run out. */
  replicasApplied(endpoint: string): Promise<readonly ReplicaState[]>;
  moveAlias(request: MoveAliasRequest): Promise<void>;
  /** Durable: outlives the process that waits. */
  sleep(ms: number): Promise<void>;
  /** Milliseconds since the epoch; the same again in a replay. */
  now(): Promise<number>;
}

interface AddVersionRequest {
  readonly model: string;
  readonly artifact: ArtifactRef<'model'>;
  readonly evidence: JsonObject;
  readonly author: RolloutAuthor;
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
  readonly reason: string;
  readonly evidence: JsonObject;
  readonly author: RolloutAuthor;
}
