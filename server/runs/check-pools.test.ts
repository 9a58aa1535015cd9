import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compile, definePipeline, defineStep } from '../../dsl/index.ts';
import type { ServerContext } from '../server-context.ts';
import { checkPools } from './check-pools.ts';

const load = defineStep({
  name: 'load',
  input: z.object({}),
  output: z.object({}),
  pools: { warehouse: 2 },
}).implement(async () => ({}));
const { ir } = compile(
  definePipeline({ name: 'loads' }, () => {
    load({});
    load({}, { name: 'small', pools: 'api' });
    load({}, { name: 'free', pools: {} });
  }),
);

function check(sizes: Readonly<Record<string, number>>): Promise<void> {
  const pools = Object.entries(sizes).map(([name, slots]) => ({ name, slots }));
  const context = { metadata: { pools: { sizes: async () => pools } } };
  return checkPools(context as unknown as ServerContext, ir);
}

describe('the pools of a pipeline', () => {
  it('have the slots that its tasks take, or are shut for a time', async () => {
    await check({ warehouse: 2, api: 1 });
    await check({ warehouse: 0, api: 0 });
  });

  it('are refused where there are none of the name, for each task', async () => {
    await expect(check({ warehouse: 2 })).rejects.toMatchObject({
      code: 'noSuchPool',
      message: "Task small of loads: it takes slots of pool 'api', which there is not.",
      next: 'Say how many slots it has: millrace pools set api SLOTS',
      parts: [{ at: 'small' }],
    });
  });

  it('are refused where a task takes more than there are', async () => {
    await expect(check({ warehouse: 1, api: 1 })).rejects.toMatchObject({
      message: "Task load of loads: it takes 2 slots of pool 'warehouse', which has 1 in all.",
    });
  });
});
