import { describe, expect, it } from 'vitest';
import { rollout } from './rollout.ts';
import type { RolloutPort } from './rollout-port.ts';
import { CANARY, OURS, promote, RolloutWorld, servedWorld } from './rollout-world.suite.ts';

describe("a rollout beside somebody else's changes", () => {
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
    world.names(1);
    world.whileAsleep = () => {
      world.names(7);
    };
    const promotion = await rollout(promote({ endpoint: 'flights', strategy: CANARY }), world);
    expect(promotion.status).toBe('rolledBack');
    expect(promotion.reason).toContain('it names v7, not v1. That stays.');
    expect(promotion.reason).toContain('Endpoint flights is back to flights v1 at 100 %');
    expect(world.current?.traffic).toEqual([{ model: 'flights', version: 1, percent: 100 }]);
    expect(world.aliased.version).toBe(7);
  });

  it('gives way to somebody who moves the alias away and back', async () => {
    const world = servedWorld();
    world.names(1);
    world.whileAsleep = () => {
      world.names(7);
      world.names(1);
    };
    const promotion = await rollout(promote({ endpoint: 'flights', strategy: CANARY }), world);
    expect(promotion).toMatchObject({ status: 'rolledBack', reason: expect.stringContaining('it names v1 again.') });
    expect(world.aliasMoves).toEqual([]);
  });

  it('gives way to somebody who changes the traffic just before the alias would move', async () => {
    const world = servedWorld();
    world.beforeMove = () => world.stands([{ model: 'flights', version: 1, percent: 100 }], 'release owner');
    const promotion = await rollout(promote({ endpoint: 'flights', strategy: CANARY }), world);
    expect(promotion.status).toBe('rolledBack');
    expect(promotion.reason).toContain('release owner set flights v1 at 100 %');
    expect(world.current?.updatedBy).toBe('release owner');
    expect(world.aliasMoves).toEqual([]);
  });

  it('gives way to a move of the alias where no endpoint is named', async () => {
    const world = new RolloutWorld();
    const port: RolloutPort = Object.assign(world, {
      moveAlias: async () => ({ kind: 'conflict' as const, version: null, current: null }),
    });
    const promotion = await rollout(promote({ name: 'flights' }), port);
    expect(promotion).toMatchObject({ status: 'rolledBack', version: 1, endpoint: null });
    expect(promotion.reason).toContain('Alias champion was moved while flights v1 was promoted');
  });
});
