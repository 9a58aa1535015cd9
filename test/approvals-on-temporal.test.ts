import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { approval, definePipeline, format } from '../dsl/index.ts';
import { type ApprovalAnswer, DECIDE_UPDATE } from '../ir/protocol/workflow-names.ts';
import { connectTemporal } from '../server/temporal/connect-temporal.ts';
import { compiledOf } from '../workflows/interpreter-driver.suite.ts';
import { noteStep } from '../workflows/interpreter-steps.suite.ts';
import { type TemporalDriver, temporalDriver, testTemporal } from './support/temporal-driver.ts';
import { until } from './support/until.ts';

const asking = definePipeline({ name: 'asking' }, () => {
  const form = z.object({ percent: z.number().max(100), note: z.string().default('none') });
  const asked = approval({ name: 'ship', form, timeout: '1m', onTimeout: 'fail' });
  const noted = noteStep({ text: format`${asked.by}` });
  return { form: asked.form, noted };
});
/** With the decision, nothing is left to do. */
const lastWord = definePipeline({ name: 'last-word' }, () => {
  approval({ name: 'ship', form: z.object({ percent: z.number() }), timeout: '1m', onTimeout: 'fail' });
});

let driver: TemporalDriver;
beforeAll(async () => {
  driver = await temporalDriver();
});
afterAll(() => driver.close());

/** As any client of Temporal may, past the API and what it checks. */
async function answer(form: unknown, by = 'eve') {
  const update: ApprovalAnswer = { path: 'ship', approved: true, form, by, roles: [] };
  return (await driver.lastRun()).executeUpdate(DECIDE_UPDATE, { args: [update] });
}

/** Why the run refused an answer. */
async function refusal(form: unknown): Promise<string> {
  const error: unknown = await answer(form).catch((thrown: unknown) => thrown);
  if (!(error instanceof WorkflowUpdateFailedError)) expect.fail(`not refused: ${error}`);
  return error.cause?.message ?? '';
}

async function updatesInHistory(): Promise<readonly string[]> {
  const { workflowId } = await driver.lastRun();
  const { events } = JSON.parse(await driver.history(workflowId)) as { events: { eventType: string }[] };
  return events.map(({ eventType }) => eventType).filter((type) => type.includes('UPDATE'));
}

describe('the form of an approval', () => {
  let goOn = () => {};
  const noted = new Promise<void>((resolve) => {
    goOn = resolve;
  });

  it('is checked by the run itself: one that does not fit is refused and leaves no trace', async () => {
    const running = driver.run(compiledOf(asking), { handlers: { note: () => noted.then(() => ({ text: '' })) } });
    await until('the approval is open', async () => (await refusal(null)).includes('form of approval'));
    expect(await refusal(null)).toContain('percent: is required');
    expect(await refusal({ percent: '5' })).toContain('percent: has to be a number, and is text');
    expect(await refusal({ percent: 101, note: 7 })).toMatch(/note: has to be text.*percent: has to be at most 100/);
    expect(await updatesInHistory()).toEqual([]);

    const form = { percent: 5, note: 'none' };
    expect(await answer({ percent: 5 }, 'ada')).toMatchObject({ approved: true, by: 'ada', form });
    expect(await answer({ percent: 5 }, 'ada')).toMatchObject({ form });
    goOn();
    expect((await running).outcome).toMatchObject({ status: 'succeeded', output: { form } });
    expect(await updatesInHistory()).toContain('EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED');
  });
});

describe('a decision that ends its run', () => {
  // A quarter of a second after the approval has opened, the run's end meets the timer that flushes its record.
  it.each([220, 230, 240, 250, 260])('is taken %i ms after it could be', async (ms) => {
    const running = driver.run(compiledOf(lastWord), { handlers: {} });
    const { workflowId, client } = await driver.lastRun();
    const gateway = connectTemporal(testTemporal(client.options.namespace), driver.payloads);
    await until('the approval is open', async () => (await refusal(null)).includes('form of approval'));
    await delay(ms);
    const decision = { path: 'ship', approved: true, form: { percent: 5 }, by: 'ada', roles: [] };
    expect(await gateway.decide(workflowId, decision)).toMatchObject({ approved: true, by: 'ada' });
    expect((await running).outcome).toMatchObject({ status: 'succeeded' });
    await gateway.close();
  });
});
