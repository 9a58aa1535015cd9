import { definePipeline, defineStep, fanOut } from 'millrace';
import { z } from 'zod';

const shape = { input: z.object({ value: z.number() }), output: z.object({ value: z.number() }) };

/** What a hand-written activity is: without a cache. */
const noop = defineStep({ name: 'noop', ...shape, cache: 'off' }).implement(async ({ input }) => ({
  value: input.value + 1,
}));

/** A step as it comes: looked up before it runs, its result kept after. Its round is new, so that it is never found. */
const cachedNoop = defineStep({
  name: 'cached-noop',
  input: z.object({ value: z.number(), round: z.number() }),
  output: shape.output,
}).implement(async ({ input }) => ({ value: input.value + 1 }));

const lightNoop = defineStep({ name: 'light-noop', ...shape, cost: 'light' }).implement(async ({ input }) => ({
  value: input.value + 1,
}));

const params = z.object({ round: z.number() });

function chainOf(name: string, tasks: number, step: typeof noop) {
  return definePipeline({ name, params }, () => {
    let last = step({ value: 0 }, { name: 'step0' });
    for (let index = 1; index < tasks; index++) last = step({ value: last.value }, { name: `step${index}` });
    return last.value;
  });
}

function wideOf(name: string, tasks: number, step: typeof noop) {
  const items = Array.from({ length: tasks }, (_, value) => value);
  return definePipeline({ name, params }, () => fanOut(items, (value) => step({ value })));
}

export const chain = chainOf('bench-chain', 10, noop);
export const longChain = chainOf('bench-long-chain', 100, noop);
export const lightChain = chainOf('bench-light-chain', 10, lightNoop);
export const longLightChain = chainOf('bench-long-light-chain', 100, lightNoop);

export const wide = wideOf('bench-wide', 100, noop);
export const longWide = wideOf('bench-long-wide', 1_000, noop);
export const lightWide = wideOf('bench-light-wide', 100, lightNoop);
export const longLightWide = wideOf('bench-long-light-wide', 1_000, lightNoop);

export const cachedChain = definePipeline({ name: 'bench-cached-chain', params }, ({ params: { round } }) => {
  let last = cachedNoop({ value: 0, round }, { name: 'step0' });
  for (let step = 1; step < 10; step++) last = cachedNoop({ value: last.value, round }, { name: `step${step}` });
  return last.value;
});

export const cachedWide = definePipeline({ name: 'bench-cached-wide', params }, ({ params: { round } }) =>
  fanOut(
    Array.from({ length: 100 }, (_, value) => value),
    (value) => cachedNoop({ value, round }),
  ),
);

const numbers = defineStep({
  name: 'numbers',
  input: z.object({ count: z.int() }),
  output: z.object({ numbers: z.array(z.number()) }),
}).implement(async ({ input: { count } }) => ({ numbers: Array.from({ length: count }, (_, value) => value) }));

const widthParams = z.object({ round: z.number(), items: z.int() });

/** Over a list that is made at run time. */
export const width = definePipeline({ name: 'bench-width', params: widthParams }, ({ params }) => {
  fanOut(numbers({ count: params.items }).numbers, (value) => noop({ value }));
});

export const lightWidth = definePipeline({ name: 'bench-light-width', params: widthParams }, ({ params }) => {
  fanOut(numbers({ count: params.items }).numbers, (value) => lightNoop({ value }));
});
