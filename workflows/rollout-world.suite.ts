import { expect } from 'vitest';
import type { ArtifactRef } from '../ir/artifact.ts';
import type { JsonObject } from '../ir/json.ts';
import type { Promotion } from '../ir/nodes/promote-node.ts';
import type { PromoteRequest } from './execution-port.ts';
import type {
  AliasStanding,
  MoveAliasRequest,
  ReplicaState,
  RolloutEndpoint,
  RolloutPort,
  RolloutShare,
} from './rollout-port.ts';

/** Who the promotions of `promote` are made by. */
export const OURS = 'run r1, task gate/promote';

/** A world in memory: replicas apply what stands as soon as they are asked, unless told otherwise. */
export class RolloutWorld implements RolloutPort {
  clock = 1_000;
  artifacts: string[] = [];
  current: RolloutEndpoint | null = null;
  changes: RolloutEndpoint[] = [];
  aliased: AliasStanding = { version: null, lastMove: 0 };
  earlier: Promotion | null = null;
  aliasMoves: MoveAliasRequest[] = [];
  slept: number[] = [];
  replicas: readonly string[] = ['replica-1', 'replica-2'];
  /** What a replica says of the generation that stands. */
  state: (replica: string, standing: RolloutEndpoint) => Omit<ReplicaState, 'leaseUntil'> = (replica, standing) => ({
    replica,
    generation: standing.generation,
    error: null,
  });
  /** A live one renews it. */
  leaseOf: (replica: string) => number = () => this.clock + 5_000;
  beforeSet: () => void = () => {};
  beforeMove: () => void = () => {};
  whileAsleep: () => void = () => {};

  stands(traffic: readonly RolloutShare[], by: string): void {
    this.current = { generation: (this.current?.generation ?? 0) + 1, traffic, updatedBy: by };
    this.changes.push(this.current);
  }

  async standing() {
    return this.aliased;
  }

  async addVersion({ artifact }: { artifact: ArtifactRef<'model'> }) {
    if (!this.artifacts.includes(artifact.digest)) this.artifacts.push(artifact.digest);
    return { version: this.artifacts.indexOf(artifact.digest) + 1, earlier: this.earlier };
  }

  /** Somebody moves the alias. */
  names(version: number | null): void {
    this.aliased = { version, lastMove: this.aliased.lastMove + 1 };
  }

  async endpoint() {
    return this.current;
  }

  async setTraffic(request: Parameters<RolloutPort['setTraffic']>[0]) {
    this.beforeSet();
    if ((this.current?.generation ?? 0) !== request.expectedGeneration) {
      return { kind: 'conflict' as const, current: this.current };
    }
    expect(request.traffic.reduce((sum, share) => sum + share.percent, 0)).toBe(request.traffic.length === 0 ? 0 : 100);
    this.stands(request.traffic, request.by);
    return { kind: 'set' as const, endpoint: this.current as unknown as RolloutEndpoint };
  }

  async replicasApplied() {
    const standing = this.current;
    const stateOf = (replica: string, at: RolloutEndpoint) => ({
      ...this.state(replica, at),
      leaseUntil: this.leaseOf(replica),
    });
    return standing ? this.replicas.map((replica) => stateOf(replica, standing)) : [];
  }

  async moveAlias(request: MoveAliasRequest) {
    this.beforeMove();
    const { version, lastMove } = request.expected;
    const isThere = request.endpoint === null || this.current?.generation === request.endpoint.generation;
    if (this.aliased.version !== version || this.aliased.lastMove !== lastMove || !isThere) {
      return { kind: 'conflict' as const, version: this.aliased.version, current: this.current };
    }
    this.aliasMoves.push(request);
    this.names(request.version);
    return { kind: 'moved' as const };
  }

  async sleep(ms: number) {
    this.slept.push(ms);
    this.clock += ms;
    this.whileAsleep();
  }

  async now() {
    return this.clock;
  }
}

export function promote(input: JsonObject): PromoteRequest {
  const task = { project: 'default', runId: 'r1', pipeline: 'flights', path: 'gate/promote' };
  return { task, input: { model: model('sha256:new'), ...input } };
}

export function model(digest: string): ArtifactRef<'model'> {
  return { artifact: 'model', digest, uri: `file:///${digest}`, size: 1, metadata: {} };
}

/** An endpoint that serves version 1, and a promotion of what becomes version 2. */
export function servedWorld(): RolloutWorld {
  const world = new RolloutWorld();
  world.artifacts = ['sha256:old'];
  world.stands([{ model: 'flights', version: 1, percent: 100 }], 'run r0');
  return world;
}

export const CANARY = { canary: [5, 25, 100], bake: '10m' };
