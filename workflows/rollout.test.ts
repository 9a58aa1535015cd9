import { describe, expect, it } from 'vitest';
import type { ArtifactRef } from '../ir/artifact.ts';
import type { JsonObject } from '../ir/json.ts';
import type { Promotion } from '../ir/nodes/promote-node.ts';
import { TaskFailed } from '../ir/protocol/task-failure.ts';
import type { PromoteRequest } from './execution-port.ts';
import { rollout } from './rollout.ts';
import type { MoveAliasRequest, ReplicaState, RolloutEndpoint, RolloutPort, RolloutShare } from './rollout-port.ts';

const OURS = 'run r1, task gate/promote';

/** A world in memory: replicas apply what stands as soon as they are asked, unless told otherwise. */
class World implements RolloutPort {
  clock = 1_000;
  artifacts: string[] = [];
  current: RolloutEndpoint | null = null;
  changes: RolloutEndpoint[] = [];
  aliased: number | null = null;
  earlier: Promotion | null = null;
  aliasMoves: MoveAliasRequest[] = [];
  slept: number[] = [];
  replicas: readonly string[] = ['replica-1', 'replica-2'];
  /** What a replica says of the generation that stands. */
  state: (replica: string, standing: RolloutEndpoint) => ReplicaState = (replica, standing) => ({
    replica,
    generation: standing.generation,
    error: null,
  });
  beforeSet: () => void = () => {};
  whileAsleep: () => void = () => {};

  stands(traffic: readonly RolloutShare[], by: string): void {
    this.current = { generation: (this.current?.generation ?? 0) + 1, traffic, updatedBy: by };
    this.changes.push(this.current);
  }

  async addVersion({ artifact }: { artifact: ArtifactRef<'model'> }) {
    if (!this.artifacts.includes(artifact.digest)) this.artifacts.push(artifact.digest);
    return { version: this.artifacts.indexOf(artifact.digest) + 1, aliased: this.aliased, earlier: this.earlier };
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
    return standing ? this.replicas.map((replica) => this.state(replica, standing)) : [];
  }

  async moveAlias(request: MoveAliasRequest) {
    if (this.aliased !== request.expected) return { kind: 'conflict' as const, version: this.aliased };
    this.aliasMoves.push(request);
    this.aliased = request.version;
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

function promote(input: JsonObject): PromoteRequest {
  const task = { project: 'default', runId: 'r1', pipeline: 'flights', path: 'gate/promote' };
  return { task, input: { model: model('sha256:new'), ...input } };
}

function model(digest: string): ArtifactRef<'model'> {
  return { artifact: 'model', digest, uri: `file:///${digest}`, size: 1, metadata: {} };
}

/** An endpoint that serves version 1, and a promotion of what becomes version 2. */
function servedWorld(): World {
  const world = new World();
  world.artifacts = ['sha256:old'];
  world.stands([{ model: 'flights', version: 1, percent: 100 }], 'run r0');
  return world;
}

const CANARY = { canary: [5, 25, 100], bake: '10m' };

describe('rollout', () => {
  it('registers a version and moves the alias where no endpoint is named', async () => {
    const world = new World();
    const promotion = await rollout(promote({ name: 'flights', alias: 'candidate', evidence: { auc: 0.7 } }), world);
    expect(promotion).toEqual({
      model: 'flights',
      version: 1,
      alias: 'candidate',
      endpoint: null,
      status: 'promoted',
      reason: null,
    });
    expect(world.changes).toEqual([]);
    expect(world.aliasMoves).toMatchObject([{ alias: 'candidate', version: 1, evidence: { auc: 0.7 } }]);
  });

  it('brings a first version to a new endpoint whole, whatever the canary', async () => {
    const world = new World();
    const promotion = await rollout(promote({ endpoint: 'flights', strategy: CANARY }), world);
    expect(promotion).toMatchObject({ version: 1, status: 'promoted', reason: null, alias: 'champion' });
    expect(world.changes.map((change) => change.traffic)).toEqual([[{ model: 'flights', version: 1, percent: 100 }]]);
    expect(world.slept).toEqual([]);
  });

  it('goes through the canary, bakes between steps and moves the alias last', async () => {
    const world = servedWorld();
    const promotion = await rollout(promote({ endpoint: 'flights', strategy: CANARY }), world);
    expect(promotion).toMatchObject({ version: 2, status: 'promoted', reason: null });
    expect(world.changes.slice(1).map((change) => change.traffic)).toEqual([
      [
        { model: 'flights', version: 1, percent: 95 },
        { model: 'flights', version: 2, percent: 5 },
      ],
      [
        { model: 'flights', version: 1, percent: 75 },
        { model: 'flights', version: 2, percent: 25 },
      ],
      [{ model: 'flights', version: 2, percent: 100 }],
    ]);
    expect(world.slept).toEqual([600_000, 600_000]);
    expect(world.aliasMoves).toHaveLength(1);
  });

  it('shares what the canary leaves by the proportions of several versions', async () => {
    const world = servedWorld();
    world.stands(
      [
        { model: 'flights', version: 1, percent: 66.67 },
        { model: 'other', version: 9, percent: 33.33 },
      ],
      'a person',
    );
    await rollout(promote({ endpoint: 'flights', strategy: { canary: [10] } }), world);
    expect(world.changes[2]?.traffic).toEqual([
      { model: 'flights', version: 1, percent: 60.01 },
      { model: 'other', version: 9, percent: 29.99 },
      { model: 'flights', version: 2, percent: 10 },
    ]);
    expect(world.changes[3]?.traffic).toEqual([{ model: 'flights', version: 2, percent: 100 }]);
  });

  it('waits until the slowest replica has applied the generation', async () => {
    const world = servedWorld();
    world.state = (replica, standing) => ({
      replica,
      generation: replica === 'replica-2' && world.clock < 20_000 ? standing.generation - 1 : standing.generation,
      error: null,
    });
    expect(await rollout(promote({ endpoint: 'flights' }), world)).toMatchObject({ status: 'promoted' });
    expect(world.clock).toBeGreaterThanOrEqual(20_000);
  });

  it('brings the former traffic back when a replica cannot load the version', async () => {
    const world = servedWorld();
    world.state = (replica, standing) => ({
      replica,
      generation: standing.generation,
      error: replica === 'replica-2' && standing.generation === 3 ? 'opset 28 is not supported' : null,
    });
    const promotion = await rollout(promote({ endpoint: 'flights', strategy: CANARY }), world);
    expect(promotion.status).toBe('rolledBack');
    expect(promotion.reason).toContain('flights v2 is not served: replica replica-2: opset 28 is not supported');
    expect(promotion.reason).toContain('Endpoint flights is back to flights v1 at 100 %');
    expect(world.current).toMatchObject({ generation: 4, traffic: [{ version: 1, percent: 100 }], updatedBy: OURS });
    expect(world.aliasMoves).toEqual([]);
  });

  it('leaves a new endpoint with no version when its first cannot be loaded', async () => {
    const world = new World();
    world.state = (replica, { generation, traffic }) => ({
      replica,
      generation,
      error: traffic.length > 0 ? 'no such file' : null,
    });
    const promotion = await rollout(promote({ endpoint: 'flights' }), world);
    expect(promotion).toMatchObject({ status: 'rolledBack' });
    expect(world.current).toMatchObject({ generation: 2, traffic: [] });
  });

  it('rolls back when a replica does not apply it in time, and names the replica', async () => {
    const world = servedWorld();
    world.state = (replica, { generation }) => ({
      replica,
      generation: replica === 'replica-2' ? 1 : generation,
      error: null,
    });
    const promotion = await rollout(promote({ endpoint: 'flights' }), world);
    expect(promotion.status).toBe('rolledBack');
    expect(promotion.reason).toContain('missing: replica-2');
    expect(world.current?.traffic).toEqual([{ model: 'flights', version: 1, percent: 100 }]);
  });

  it('builds upon a change that came first', async () => {
    const world = servedWorld();
    let others = 2;
    world.beforeSet = () => {
      if (others-- > 0) world.stands([{ model: 'flights', version: 7 + others, percent: 100 }], 'a person');
    };
    const promotion = await rollout(promote({ endpoint: 'flights', strategy: { canary: [20] } }), world);
    expect(promotion.status).toBe('promoted');
    expect(world.changes.filter((change) => change.updatedBy === OURS).map((change) => change.traffic)).toEqual([
      [
        { model: 'flights', version: 7, percent: 80 },
        { model: 'flights', version: 2, percent: 20 },
      ],
      [{ model: 'flights', version: 2, percent: 100 }],
    ]);
  });

  it('gives way to somebody who changes the traffic during the bake', async () => {
    const world = servedWorld();
    world.whileAsleep = () => world.stands([{ model: 'flights', version: 1, percent: 100 }], 'release owner');
    const promotion = await rollout(promote({ endpoint: 'flights', strategy: CANARY }), world);
    expect(promotion.status).toBe('rolledBack');
    expect(promotion.reason).toContain('release owner set flights v1 at 100 % (generation 3)');
    expect(world.current?.updatedBy).toBe('release owner');
    expect(world.aliasMoves).toEqual([]);
  });

  it('gives way to somebody who moves the alias during the bake, and brings the traffic back', async () => {
    const world = servedWorld();
    world.aliased = 1;
    world.whileAsleep = () => {
      world.aliased = 7;
    };
    const promotion = await rollout(promote({ endpoint: 'flights', strategy: CANARY }), world);
    expect(promotion.status).toBe('rolledBack');
    expect(promotion.reason).toContain('it names v7, not v1. That stays.');
    expect(promotion.reason).toContain('Endpoint flights is back to flights v1 at 100 %');
    expect(world.current?.traffic).toEqual([{ model: 'flights', version: 1, percent: 100 }]);
    expect(world.aliased).toBe(7);
  });

  it('gives way to a move of the alias where no endpoint is named', async () => {
    const world = new World();
    const port: RolloutPort = Object.assign(world, {
      moveAlias: async () => ({ kind: 'conflict' as const, version: null }),
    });
    const promotion = await rollout(promote({ name: 'flights' }), port);
    expect(promotion).toMatchObject({ status: 'rolledBack', version: 1, endpoint: null });
    expect(promotion.reason).toContain('Alias champion was moved while flights v1 was promoted');
  });

  it('gives what the retried run promoted, and moves nothing', async () => {
    const world = servedWorld();
    world.earlier = {
      model: 'flights',
      version: 1,
      alias: 'champion',
      endpoint: null,
      status: 'promoted',
      reason: null,
    };
    expect(await rollout(promote({ endpoint: 'flights' }), world)).toBe(world.earlier);
    expect(world.aliasMoves).toEqual([]);
    expect(world.changes).toHaveLength(1);
  });

  it('sets the traffic, says so and ends soon when no replica is live', async () => {
    const world = servedWorld();
    world.replicas = [];
    const promotion = await rollout(promote({ endpoint: 'flights', strategy: CANARY }), world);
    expect(promotion.status).toBe('promoted');
    expect(promotion.reason).toContain('no replica is live; endpoint flights is set to flights v2 at 100 %');
    expect(world.current?.traffic).toEqual([{ model: 'flights', version: 2, percent: 100 }]);
    expect(world.clock).toBeLessThan(10_000);
    expect(world.aliasMoves).toHaveLength(1);
  });

  it('brings the former traffic back when the version takes every replica along', async () => {
    const world = servedWorld();
    const before = world.current?.traffic;
    world.whileAsleep = () => {
      world.replicas = [];
    };
    const promotion = await rollout(promote({ endpoint: 'flights', strategy: CANARY }), world);
    expect(promotion).toMatchObject({ status: 'rolledBack' });
    expect(promotion.reason).toContain('every replica is gone');
    expect(world.current?.traffic).toEqual(before);
    expect(world.aliasMoves).toEqual([]);
  });

  it.each([1, 2, 3])('ends the same when it starts again after it broke off at change %i', async (broken) => {
    const world = servedWorld();
    let changes = 0;
    world.beforeSet = () => {
      if (++changes === broken) throw new Error('the process died');
    };
    const request = promote({ endpoint: 'flights', strategy: CANARY });
    await expect(rollout(request, world)).rejects.toThrow('the process died');
    world.beforeSet = () => {};
    expect(await rollout(request, world)).toMatchObject({ version: 2, status: 'promoted', reason: null });
    expect(world.artifacts).toHaveLength(2);
    expect(world.current?.traffic).toEqual([{ model: 'flights', version: 2, percent: 100 }]);
  });

  it('changes nothing when the version has all of the traffic already', async () => {
    const world = servedWorld();
    const again = { endpoint: 'flights', model: model('sha256:old'), strategy: CANARY };
    expect(await rollout(promote(again), world)).toMatchObject({ version: 1, status: 'promoted' });
    expect(world.current?.generation).toBe(1);
  });

  it.each<[JsonObject, string]>([
    [{ endpoint: 'flights', model: 'x.onnx' }, "'model' is no model artifact"],
    [{}, "neither 'name' nor 'endpoint'"],
    [{ endpoint: 7 }, "'endpoint' is 7"],
    [{ endpoint: 'flights', strategy: { canary: [] } }, 'growing percents'],
    [{ endpoint: 'flights', strategy: { canary: [25, 5] } }, 'growing percents'],
    [{ endpoint: 'flights', strategy: { canary: [0.001, 100] } }, 'growing percents'],
    [{ endpoint: 'flights', strategy: { canary: [5], bake: '10 parsecs' } }, "'10 parsecs' is no duration"],
  ])('refuses %j', async (input, message) => {
    const world = new World();
    const refused = await rollout(promote(input), world).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(TaskFailed);
    expect((refused as TaskFailed).failure).toMatchObject({ kind: 'contract', retryable: false });
    expect((refused as TaskFailed).message).toContain('gate/promote');
    expect((refused as TaskFailed).message).toContain(message);
    expect(world.artifacts).toEqual([]);
  });
});
