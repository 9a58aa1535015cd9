import { Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { definePipeline, defineStep, sleep } from '../dsl/index.ts';
import { type Collection, collect } from '../server/retention/collect.ts';
import { readPolicy } from '../server/retention/read-policy.ts';
import type { ServerContext } from '../server/server-context.ts';
import { connectTemporal } from '../server/temporal/connect-temporal.ts';
import type { TemporalGateway } from '../server/temporal/temporal-gateway.ts';
import { dataConverter } from '../store/payloads/data-converter.ts';
import type { TaskHost } from '../workers/host/task-host.ts';
import { type StoredRuns, storedRuns } from './support/stored-runs.ts';
import { testTemporal } from './support/temporal-driver.ts';
import { until } from './support/until.ts';

const text = z.object({ text: z.string() });
const give = defineStep({ name: 'give', input: z.object({ mark: z.string() }), output: text });
const giveStep = give.implement(async ({ input }) => ({ text: input.mark }));
const take = defineStep({ name: 'take', input: text, output: text });
const takeStep = take.implement(async ({ input }) => input);

/** Every input and output is large enough to travel by reference. */
const host: TaskHost = {
  run: async ({ dispatch: { contract, input } }) => ({ text: `${contract.name} ${input.mark}`.padEnd(100_000, 'x') }),
  close: async () => true,
};

const DAY = 86_400_000;

let runs: StoredRuns;
let temporal: TemporalGateway;
beforeAll(async () => {
  runs = await storedRuns({ host });
  const { namespace } = runs.client.options;
  temporal = connectTemporal(testTemporal(namespace), runs.stores.payloads);
});
afterAll(async () => {
  await temporal?.close();
  await runs?.close();
});

/** Collections with no grace, at times that lie so far ahead, each of which would take what the one before condemned. */
async function collectAhead(...days: readonly number[]): Promise<Collection | undefined> {
  let last: Collection | undefined;
  for (const ahead of days) {
    const context: ServerContext = {
      ...{ ...runs.stores, project: 'default', temporal, user: 'ada' },
      ...{ log: pino({ level: 'silent' }), now: () => Date.now() + ahead * DAY },
    };
    const policy = readPolicy({ runs: '1h', logs: '1h', artifacts: '1h' });
    last = await collect(context, { policy, pipeline: null, graceMs: 0, dryRun: false });
  }
  return last;
}

async function payloads(): Promise<number> {
  let count = 0;
  for await (const part of runs.stores.sweep.list('payloads')) count += part.length;
  return count;
}

it('a run that sleeps through collections replays from its history alone, and goes on to its end', async () => {
  const pipeline = definePipeline({ name: 'slept', description: 'long'.repeat(2_000) }, () => {
    const given = giveStep({ mark: 'y'.repeat(5_000) });
    const slept = sleep('15s', { after: [given] });
    return takeStep({ text: given.text }, { after: [slept] });
  });
  const { runId, handle } = await runs.start(await runs.compile(pipeline));
  const { tasks } = runs.stores.metadata;
  await until('it sleeps', async () => (await tasks.list(runId)).some(({ kind }) => kind === 'sleep'));
  const before = await payloads();
  expect(before).toBeGreaterThan(0);

  const collection = await collectAhead(1, 2, 40, 400);
  expect(collection).toMatchObject({ runs: [], payloadsLeft: null });
  expect(await payloads()).toBe(before);
  // As by a worker that has nothing of it in its cache.
  const codePath = new URL('../dist/workflow-bundle.js', import.meta.url).pathname;
  const options = { workflowBundle: { codePath }, dataConverter: dataConverter(runs.stores.payloads) };
  await Worker.runReplayHistory(options, await handle.fetchHistory(), handle.workflowId);

  await handle.result();
  expect(await runs.stores.metadata.runs.get(runId)).toMatchObject({ status: 'succeeded' });
});

it('payloads stay while Temporal keeps the workflow, and go when it does no more', async () => {
  const pipeline = definePipeline({ name: 'kept' }, () => giveStep({ mark: 'z'.repeat(5_000) }));
  const { handle } = await runs.start(await runs.compile(pipeline));
  await handle.result();
  const kept = await payloads();
  expect(kept).toBeGreaterThan(0);
  await collectAhead(1, 2, 40);
  expect(await payloads()).toBe(kept);

  const { workflowService, options } = runs.client;
  const { namespace } = options;
  for await (const { workflowId } of runs.client.workflow.list()) {
    await workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
  }
  await until('Temporal has forgotten', async () => (await temporal.knownPayloads('default')).oldest === null);
  await collectAhead(50, 60);
  expect(await payloads()).toBe(0);
});
