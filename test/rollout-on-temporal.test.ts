import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { definePipeline, defineStep, model } from '../dsl/index.ts';
import { promote } from '../dsl/promote.ts';
import { compiledOf } from '../workflows/interpreter-driver.suite.ts';
import { model as modelRef } from '../workflows/rollout-world.suite.ts';
import { childrenIn } from './support/recorded-history.ts';
import { type TemporalDriver, temporalDriver } from './support/temporal-driver.ts';

const train = defineStep({ name: 'train', input: z.object({}), output: z.object({ model: model() }) }).implement(
  async () => expect.fail('The test has a handler of its own.'),
);
const handlers = { train: () => ({ model: modelRef('sha256:new') }) };
const params = z.object({ endpoint: z.string() });
const promoting = definePipeline({ name: 'promoting', params }, ({ params: { endpoint } }) =>
  promote({ model: train({}).model, endpoint, name: 'registered' }),
);
const aliasing = definePipeline({ name: 'aliasing' }, () => promote({ model: train({}).model, name: 'registered' }));

let driver: TemporalDriver;
beforeAll(async () => {
  driver = await temporalDriver();
});
afterAll(() => driver.close());

async function rollouts(): Promise<readonly string[]> {
  return childrenIn(await driver.history((await driver.lastRun()).workflowId));
}

describe('the workflow of a rollout', () => {
  it('is named for the endpoint, or else for the model', async () => {
    await driver.run(compiledOf(promoting), { handlers, params: { endpoint: 'flights' } });
    expect(await rollouts()).toEqual([expect.stringMatching(/^default\/rollout\/flights\/run-.*\/promote$/)]);
    await driver.run(compiledOf(aliasing), { handlers });
    expect(await rollouts()).toEqual([expect.stringMatching(/^default\/rollout\/registered\/run-.*\/promote$/)]);
  });

  it('is not started for an input that is none', async () => {
    const { outcome } = await driver.run(compiledOf(promoting), { handlers, params: { endpoint: '' } });
    expect(outcome).toMatchObject({ status: 'failed', error: expect.stringContaining(`'endpoint' is ""`) });
    expect(await rollouts()).toEqual([]);
  });
});
