import { expect, it } from 'vitest';
import { definePipeline, fanOut } from '../dsl/index.ts';
import { interpreterSuite } from '../workflows/interpreter.suite.ts';
import { compiledOf } from '../workflows/interpreter-driver.suite.ts';
import { addStep, noteStep } from '../workflows/interpreter-steps.suite.ts';
import { inProcessDriver } from './support/in-process-driver.ts';

interpreterSuite('the in-process driver', () => inProcessDriver());
interpreterSuite('the in-process driver, in parts', () => inProcessDriver({ inParts: true }));

it('a run that is cancelled before all shards of a fan-out have begun ends as cancelled, and tells its exit handler so', async () => {
  const items = Array.from({ length: 6_000 }, (_, index) => index);
  const wide = definePipeline(
    { name: 'wide', onExit: ({ run: { status } }) => void noteStep({ text: status }) },
    () => void fanOut(items, (item) => addStep({ a: item, b: 0 })),
  );
  const driver = await inProcessDriver({ inParts: true });
  const { outcome, transitions } = await driver.run(compiledOf(wide), {
    cancelOn: 'add',
    handlers: { add: ({ a }) => ({ value: a ?? 0 }), note: ({ text }) => ({ text: text ?? '' }) },
  });
  expect(outcome).toMatchObject({ status: 'cancelled', error: 'The run was cancelled.' });
  expect(transitions.some(({ path }) => path.startsWith('fanOut[5000]'))).toBe(false);
  const told = transitions.findLast(({ path }) => path === 'onExit/note');
  expect(told).toMatchObject({ status: 'succeeded', input: { text: 'cancelled' } });
});
