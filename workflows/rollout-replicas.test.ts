import { describe, expect, it } from 'vitest';
import { rollout } from './rollout.ts';
import { CANARY, OURS, promote, RolloutWorld, servedWorld } from './rollout-world.suite.ts';

describe('a rollout and the replicas', () => {
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
    const world = new RolloutWorld();
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

  it('does not wait for one that died while its clock was hours ahead', async () => {
    const world = servedWorld();
    world.leaseOf = (replica) => (replica === 'replica-2' ? 7_200_000 : world.clock + 5_000);
    world.state = (replica, { generation }) => ({
      replica,
      generation: replica === 'replica-2' ? 1 : generation,
      error: null,
    });
    const promotion = await rollout(promote({ endpoint: 'flights', strategy: CANARY }), world);
    expect(promotion).toMatchObject({ status: 'promoted', reason: null });
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
});
