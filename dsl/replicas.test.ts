import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compilePipeline, definePipeline, defineStep } from './index.ts';
import type { StepDescription } from './step-description.ts';

const io = { input: z.object({}), output: z.object({}) };
type Changes = Partial<StepDescription<typeof io.input, typeof io.output>>;
const step = (replicas: number, changes: Changes = {}) =>
  defineStep({ name: 'train', ...io, ...changes, resources: { replicas } }).implement(() => ({}));

describe('replicas', () => {
  it('are kept where they are said, a call’s in place of its step’s, and not mentioned elsewhere', () => {
    const plain = defineStep({ name: 'plain', ...io }).implement(() => ({}));
    const train = step(2);
    const ir = compilePipeline(
      definePipeline({ name: 'p' }, () => {
        train({}, { resources: { replicas: 4, cpu: 1 } });
        plain({});
      }),
    );
    expect(ir.steps.train?.settings.resources.replicas).toBe(2);
    expect(ir.body.nodes[0]).toMatchObject({ overrides: { resources: { replicas: 4, cpu: 1 } } });
    expect(ir.steps.plain?.settings.resources).toEqual({ queue: 'cpu', memory: null, cpu: null, gpu: null });
  });

  it.each([0, 1.5, -1, 257])('refuse %d', (replicas) => {
    expect(() => step(replicas)).toThrow(
      `Step 'train': replicas is ${replicas}; handlers are counted whole, from 1 to 256.`,
    );
  });

  it('refuse what makes no sense of the step', () => {
    expect(() => step(2, { cost: 'light' })).toThrow('it is light, so it cannot have replicas');
    expect(() => step(2, { effects: 'external' })).toThrow('each of its replicas would deliver them');
    expect(() => step(2, { env: { RANK: '0' } })).toThrow('it declares env RANK, which its replicas are given');
    const resources = { queue: 'mine', replicas: 2 };
    expect(() => defineStep({ name: 'train', ...io, resources, external: true })).toThrow(
      "it is a step of kind 'external', whose replicas would not find each other",
    );
    expect(() => defineStep({ name: 'train', ...io, resources, container: { image: 'a' } })).toThrow("'container'");
  });

  it('refuse a call that asks for what the step cannot have', () => {
    const mail = defineStep({ name: 'mail', ...io, effects: 'external' }).implement(() => ({}));
    expect(() =>
      compilePipeline(
        definePipeline({ name: 'p' }, () => {
          mail({}, { resources: { replicas: 2 } });
        }),
      ),
    ).toThrow("Pipeline 'p', task 'mail': its effects are 'external'");
  });
});
