import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../ir/json.ts';
import { TaskFailed } from '../ir/protocol/task-failure.ts';
import { rollout } from './rollout.ts';
import { promote, RolloutWorld } from './rollout-world.suite.ts';

describe('the input of a promotion', () => {
  it.each<[JsonObject, string]>([
    [{ endpoint: 'flights', model: 'x.onnx' }, "'model' is no model artifact"],
    [{}, "neither 'name' nor 'endpoint'"],
    [{ endpoint: 7 }, "'endpoint' is 7"],
    [{ endpoint: 'flights', strategy: { canary: [] } }, 'growing percents'],
    [{ endpoint: 'flights', strategy: { canary: [25, 5] } }, 'growing percents'],
    [{ endpoint: 'flights', strategy: { canary: [0.001, 100] } }, 'growing percents'],
    [{ endpoint: 'flights', strategy: { canary: [5], bake: '10 parsecs' } }, "'10 parsecs' is no duration"],
  ])('refuses %j', async (input, message) => {
    const world = new RolloutWorld();
    const refused = await rollout(promote(input), world).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(TaskFailed);
    expect((refused as TaskFailed).failure).toMatchObject({ kind: 'contract', retryable: false });
    expect((refused as TaskFailed).message).toContain('gate/promote');
    expect((refused as TaskFailed).message).toContain(message);
    expect(world.artifacts).toEqual([]);
  });
});
