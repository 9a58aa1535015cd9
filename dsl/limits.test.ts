import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compilePipeline, definePipeline, defineStep } from './index.ts';

const io = { input: z.object({}), output: z.object({}) };

describe('limits', () => {
  it('are kept where they are said, a call’s in place of its step’s', () => {
    const load = defineStep({ name: 'load', ...io, pools: 'warehouse' }).implement(async () => ({}));
    const ir = compilePipeline(
      definePipeline({ name: 'loads', maxRuns: 2 }, () => {
        load({});
        load({}, { name: 'other', pools: { api: 2 } });
      }),
    );
    expect(ir.maxRuns).toBe(2);
    expect(ir.steps.load?.settings.pools).toEqual({ warehouse: 1 });
    expect(ir.body.nodes[1]).toMatchObject({ name: 'other', overrides: { pools: { api: 2 } } });
  });

  it.each([0, 1.5, -1])('refuse maxRuns %d', (maxRuns) => {
    expect(() => compilePipeline(definePipeline({ name: 'p', maxRuns }, () => {}))).toThrow(
      `Pipeline 'p': maxRuns is ${maxRuns}; it counts runs: 1 or more, whole.`,
    );
  });

  it('refuse slots that cannot be counted, names that are none, and light steps', () => {
    const step = (pools: string | Record<string, number>, cost?: 'light') =>
      defineStep({ name: 'load', ...io, pools, ...(cost ? { cost } : {}) }).implement(async () => ({}));
    expect(() => step({ api: 0 })).toThrow(
      "Step 'load': it takes 0 slots of pool 'api'; slots are counted whole, from 1.",
    );
    expect(() => step('queue:gpu')).toThrow("'queue:gpu' is no name for a pool");
    expect(() => step('api', 'light')).toThrow('it cannot take slots of pools');
  });
});
