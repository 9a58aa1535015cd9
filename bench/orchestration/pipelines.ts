import { definePipeline, defineStep, fanOut } from 'millrace';
import { z } from 'zod';

const shape = { input: z.object({ value: z.number() }), output: z.object({ value: z.number() }) };

const noop = defineStep({ name: 'noop', ...shape, cache: 'off' }).implement(async ({ input }) => ({
  value: input.value + 1,
}));

const lightNoop = defineStep({ name: 'light-noop', ...shape, cost: 'light' }).implement(async ({ input }) => ({
  value: input.value + 1,
}));

export const chain = definePipeline({ name: 'bench-chain', params: z.object({}) }, () => {
  let last = noop({ value: 0 }, { name: 'step0' });
  for (let step = 1; step < 10; step++) last = noop({ value: last.value }, { name: `step${step}` });
  return last.value;
});

export const wide = definePipeline({ name: 'bench-wide', params: z.object({}) }, () =>
  fanOut(
    Array.from({ length: 100 }, (_, value) => value),
    (value) => noop({ value }),
  ),
);

export const lightChain = definePipeline({ name: 'bench-light-chain', params: z.object({}) }, () => {
  let last = lightNoop({ value: 0 }, { name: 'step0' });
  for (let step = 1; step < 10; step++) last = lightNoop({ value: last.value }, { name: `step${step}` });
  return last.value;
});

export const lightWide = definePipeline({ name: 'bench-light-wide', params: z.object({}) }, () =>
  fanOut(
    Array.from({ length: 100 }, (_, value) => value),
    (value) => lightNoop({ value }),
  ),
);
