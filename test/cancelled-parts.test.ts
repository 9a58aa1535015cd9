import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { definePipeline, defineStep, loop, lt, not, sleep } from '../dsl/index.ts';
import { partWorkflowId } from '../ir/protocol/workflow-names.ts';
import { compiledOf, type TestHandler } from '../workflows/interpreter-driver.suite.ts';
import { type TemporalDriver, temporalDriver } from './support/temporal-driver.ts';

/* A run is cancelled of which a part was continued in another history. */

const plus = defineStep({
  name: 'plus',
  input: z.object({ a: z.number() }),
  output: z.object({ value: z.number() }),
  cost: 'light',
}).implement(() => ({ value: 0 }));

let driver: TemporalDriver;
beforeAll(async () => {
  driver = await temporalDriver();
});
afterAll(() => driver.close());

it('reaches a loop that was continued in another history', { timeout: 120_000 }, async () => {
  let calls = 0;
  const cancelling: TestHandler = async ({ a }) => {
    if (++calls === 200) await (await driver.lastRun()).cancel();
    return { value: Number(a) + 1 };
  };
  const long = definePipeline({ name: 'long' }, () => {
    loop({ value: 0 }, { max: 10_000, until: (last) => not(lt(last.value, 10_000)) }, ({ value }) => {
      // Some forty events of history, of which six thousand fill one.
      for (let nap = 0; nap < 10; nap++) sleep('1ms', { name: `nap${nap}` });
      return plus({ a: value });
    });
  });
  const { outcome } = await driver.run(compiledOf(long), { handlers: { plus: cancelling } });
  expect(outcome.status).toBe('cancelled');
  const { workflowId } = await driver.lastRun();
  const { events } = JSON.parse(await driver.history(partWorkflowId('default', workflowId, 'loop')));
  expect(events[0].workflowExecutionStartedEventAttributes.continuedExecutionRunId).toBeTruthy();
});
