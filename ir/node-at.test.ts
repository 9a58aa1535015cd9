import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compile, definePipeline, defineStep, fanOut, gt, loop, when } from '../dsl/index.ts';
import { nodeAt } from './node-at.ts';

const step = defineStep({
  name: 'add',
  input: z.object({ a: z.number() }),
  output: z.object({ value: z.number() }),
}).implement(async ({ input }) => ({ value: input.a }));

const called = definePipeline({ name: 'called', params: z.object({ n: z.number() }) }, ({ params }) =>
  step({ a: params.n }),
);
const { ir } = compile(
  definePipeline({ name: 'all', onExit: () => step({ a: 1 }) }, () => {
    fanOut([1, 2], (item) => loop({ value: 1 }, { until: (x) => gt(x.value, 0), max: 2 }, () => step({ a: item })));
    when(gt(step({ a: 1 }, { name: 'first' }).value, 0), {
      do: () => step({ a: 1 }),
      elseWhen: [{ condition: gt(1, 0), do: () => step({ a: 2 }) }],
      otherwise: () => called({ n: 3 }),
    });
  }),
);

describe('nodeAt', () => {
  it.each([
    'first',
    'fanOut[1]/loop#0/add',
    'when/do/add',
    'when/elseWhen1/add',
    'when/otherwise/called/add',
    'onExit/add',
  ])('finds the task at %s', (path) =>
    expect(nodeAt(ir, path)).toMatchObject({ kind: 'task', step: 'add', name: path.split('/').at(-1) }),
  );
  it('finds a scope itself', () => expect(nodeAt(ir, 'fanOut[1]')).toMatchObject({ kind: 'fanOut' }));
  it.each(['nowhere', 'first/add', 'when/never/add', 'onExit/other'])('finds nothing at %s', (path) =>
    expect(nodeAt(ir, path)).toBeNull(),
  );
});
