import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { definePipeline, fanOut } from '../dsl/index.ts';
import type { RunSmall, StatusesOf } from './interpreter.suite.ts';
import type { TestHandler } from './interpreter-driver.suite.ts';
import { addStep, HANDLERS } from './interpreter-steps.suite.ts';

const params = z.object({ n: z.number().default(1) });

/** A handler that counts how many of it are under way together. */
function counting(): { readonly handler: TestHandler; readonly most: () => number } {
  let now = 0;
  let most = 0;
  return {
    most: () => most,
    handler: async (input, call) => {
      most = Math.max(most, ++now);
      await delay(20);
      now--;
      return HANDLERS.add?.(input, call);
    },
  };
}

/** Tasks that take slots of pools. */
export function interpreterPools(run: RunSmall, statuses: StatusesOf): void {
  it('runs no more tasks at once than their pool has slots for', async () => {
    const { handler, most } = counting();
    const ran = await run(
      definePipeline({ name: 'narrow', params }, ({ params: { n } }) => ({
        ones: fanOut(
          [1, 2, 3, 4],
          { name: 'ones' },
          (item) => addStep({ a: n, b: item }, { pools: 'warehouse' }).value,
        ),
        two: addStep({ a: n, b: 5 }, { name: 'two', pools: { warehouse: 2 } }).value,
      })),
      { pools: { warehouse: 2 }, handlers: { ...HANDLERS, add: handler } },
    );
    expect(ran.outcome).toMatchObject({ status: 'succeeded', output: { ones: [2, 3, 4, 5], two: 6 } });
    expect(most()).toBeLessThanOrEqual(2);
    expect(ran.transitions).toContainEqual(
      expect.objectContaining({ path: 'ones[3]/add', status: 'waiting', detail: { pools: { warehouse: 1 } } }),
    );
    expect(ran.transitions.findLast(({ path }) => path === 'ones[3]/add')).toMatchObject({
      status: 'succeeded',
      detail: {},
    });
  });

  it('fails a task whose pool is gone, and says how to make it', async () => {
    const ran = await run(
      definePipeline({ name: 'gone', params }, ({ params: { n } }) => {
        addStep({ a: n, b: 1 }, { pools: 'warehouse' });
        addStep({ a: n, b: 2 }, { name: 'free' });
      }),
    );
    expect(statuses(ran)).toMatchObject({ add: 'failed', free: 'succeeded' });
    expect(ran.outcome.error).toContain('millrace pools set warehouse SLOTS');
  });

  it('ends what waits for slots when the run is cancelled', async () => {
    const ran = await run(
      definePipeline({ name: 'stopped', params }, ({ params: { n } }) => {
        fanOut([1, 2, 3], { name: 'shut' }, (item) => addStep({ a: n, b: item }, { pools: 'warehouse' }));
        addStep({ a: n, b: 1 }, { name: 'free' });
      }),
      { pools: { warehouse: 0 }, cancelOn: 'add' },
    );
    expect(ran.outcome.status).toBe('cancelled');
    expect(statuses(ran)).toMatchObject({ 'shut[0]/add': 'cancelled', 'shut[2]/add': 'cancelled' });
  });
}
