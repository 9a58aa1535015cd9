import { describe, expect, it } from 'vitest';
import { rollout } from './rollout.ts';
import { CANARY, model, promote, RolloutWorld, servedWorld } from './rollout-world.suite.ts';

describe('rollout', () => {
  it('registers a version and moves the alias where no endpoint is named', async () => {
    const world = new RolloutWorld();
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
    const world = new RolloutWorld();
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

  it('changes nothing when the version has all of the traffic already', async () => {
    const world = servedWorld();
    const again = { endpoint: 'flights', model: model('sha256:old'), strategy: CANARY };
    expect(await rollout(promote(again), world)).toMatchObject({ version: 1, status: 'promoted' });
    expect(world.current?.generation).toBe(1);
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
});
