import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { definePipeline, defineStep } from '../dsl/index.ts';
import { dataConverter } from '../store/payloads/data-converter.ts';
import { compiledOf } from '../workflows/interpreter-driver.suite.ts';
import { type TemporalDriver, temporalDriver } from './support/temporal-driver.ts';
import { until } from './support/until.ts';

const bundle = { codePath: new URL('../dist/workflow-bundle.js', import.meta.url).pathname };
const note = defineStep({ name: 'note', input: z.object({}), output: z.object({}) }).implement(() => ({}));
const long = defineStep({ name: 'long', input: z.object({}), output: z.object({}) }).implement(() => ({}));
/** While `slow` is looked up, `long` ends and the task after it asks to be looked up. */
const compiled = compiledOf(
  definePipeline({ name: 'outlasting' }, () => {
    note({}, { name: 'slow', after: note({}, { name: 'first' }) });
    note({}, { name: 'last', after: long({}) });
  }),
);

let driver: TemporalDriver;
let begin = () => {};
const hasBegun = new Promise<void>((resolve) => {
  begin = resolve;
});
beforeAll(async () => {
  const lookUpHeld = async (path: string) => {
    if (path !== 'slow') return;
    begin();
    await until('the workflow hears that long has ended', hasHeardOfLong);
  };
  driver = await temporalDriver({ lookUpHeld, workflowTaskTimeout: '1s' });
});
afterAll(() => driver.close());

interface ShownEvent {
  readonly eventType: string;
  readonly eventId: string;
  readonly activityTaskScheduledEventAttributes?: { readonly activityType: { readonly name: string } };
  readonly activityTaskCompletedEventAttributes?: { readonly scheduledEventId: string };
}

async function historyOfRun(): Promise<{ readonly events: readonly ShownEvent[] }> {
  return JSON.parse(await driver.history((await driver.lastRun()).workflowId));
}

async function hasHeardOfLong(): Promise<boolean> {
  const { events } = await historyOfRun();
  const ordered = events.find((event) => event.activityTaskScheduledEventAttributes?.activityType.name === 'long');
  const ended = events.findIndex(
    ({ activityTaskCompletedEventAttributes: end }) => end && end.scheduledEventId === ordered?.eventId,
  );
  return ended >= 0 && events.slice(ended).some(({ eventType }) => eventType === 'EVENT_TYPE_WORKFLOW_TASK_STARTED');
}

// Temporal's SDK gives the end of a local activity that outlasted its workflow task, in a replay, together with what the
// next task brought.
it('a run whose look-up outlasts a workflow task is replayed in the order in which it went', async () => {
  const handlers = { note: () => ({}), long: () => hasBegun.then(() => ({})) };
  const { outcome } = await driver.run(compiled, { handlers });
  expect(outcome.status).toBe('succeeded');
  const converter = dataConverter(driver.payloads);
  const replayed = Worker.runReplayHistory({ workflowBundle: bundle, dataConverter: converter }, await historyOfRun());
  await expect(replayed).resolves.not.toThrow();
});
