import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { count, definePipeline, defineStep, fanOut, loop, lt, not, sleep } from '../dsl/index.ts';
import { TaskFailed } from '../ir/protocol/task-failure.ts';
import { partWorkflowId } from '../ir/protocol/workflow-names.ts';
import { compiledOf, type TestHandler } from '../workflows/interpreter-driver.suite.ts';
import { addStep } from '../workflows/interpreter-steps.suite.ts';
import { historiesOf, type WorkflowHistory } from './support/histories.ts';
import { type TemporalDriver, temporalDriver } from './support/temporal-driver.ts';

/*
 * Fan-outs and loops that one history has no room for. Their tasks are light ones: the mechanism is the same, and the test
 * shorter.
 */

const numbers = (length: number) => Array.from({ length }, (_, index) => index);
const plus = defineStep({
  name: 'plus',
  input: z.object({ a: z.number(), b: z.number().default(0) }),
  output: z.object({ value: z.number() }),
  retry: { attempts: 2, backoff: '1ms' },
  cost: 'light',
}).implement(() => ({ value: 0 }));
const listOf = defineStep({
  name: 'listOf',
  input: z.object({ length: z.number() }),
  output: z.object({ items: z.array(z.number()) }),
}).implement(() => ({ items: [] }));

const listHandler: TestHandler = (input) => ({ items: numbers(Number(input.length)) });
const plusHandler: TestHandler = (input) => ({ value: Number(input.a) + Number(input.b) });

let driver: TemporalDriver;
beforeAll(async () => {
  driver = await temporalDriver();
});
afterAll(() => driver.close());

function broken(): never {
  const failure = { kind: 'handler', name: 'Broken', message: 'It broke.', stack: null, retryable: false } as const;
  throw new TaskFailed(failure);
}

it('gives the results of 2,500 items of a list made at run time in order, with what their bodies read from outside', async () => {
  const wide = definePipeline({ name: 'wide', params: z.object({ shift: z.number() }) }, ({ params }) => {
    const { items } = listOf({ length: 2_500 });
    const { value: base } = addStep({ a: params.shift, b: 0 });
    const sums = fanOut(items, { minSuccess: 0.9 }, (item, index) => {
      const { value } = plus({ a: item, b: base }, { name: 'outer' });
      return plus({ a: value, b: index }, { name: 'inner' }).value;
    });
    return { sums, done: count(sums) };
  });
  const { outcome, transitions } = await driver.run(compiledOf(wide), {
    params: { shift: 7 },
    handlers: {
      listOf: listHandler,
      add: plusHandler,
      plus: (input, call) => (input.a === 1_700 && input.b === 7 ? broken() : plusHandler(input, call)),
    },
  });
  expect(outcome.error).toBeNull();
  const sums = numbers(2_500).map((item) => (item === 1_700 ? null : 2 * item + 7));
  expect(outcome.output).toEqual({ sums, done: 2_499 });
  const whole = transitions.filter(({ kind }) => kind === 'fanOut').at(-1);
  expect(whole).toMatchObject({ status: 'succeeded', detail: { items: 2_500, succeeded: 2_499, failed: 1 } });
  const ended = transitions.filter(({ kind, status }) => kind === 'task' && status === 'succeeded');
  expect(new Set(ended.map(({ path }) => path)).size).toBe(2 + 2_499 * 2);
  const { client, workflowId } = await driver.lastRun();
  const histories = await historiesOf(client, workflowId);
  const shards = [0, 500, 1_000, 1_500, 2_000].map((first) => `fanOut[${first}]`);
  const due = [workflowId, ...shards.map((path) => partWorkflowId('default', workflowId, path))];
  expect(new Set(histories.map((history) => history.workflowId))).toEqual(new Set(due));
  expectSmall(histories);
});

it('stops all parts of a fan-out as soon as too many of its items have failed in all', async () => {
  const calls: number[] = [];
  const failing = definePipeline({ name: 'failing' }, () => {
    fanOut(numbers(20_000), { minSuccess: 0.9999 }, (item) => plus({ a: item }));
  });
  const { outcome, transitions } = await driver.run(compiledOf(failing), {
    handlers: {
      plus: (input, call) => {
        calls.push(Number(input.a));
        // One in each of three shards: two may fail.
        return [10, 1_010, 2_010].includes(Number(input.a)) ? broken() : plusHandler(input, call);
      },
    },
  });
  expect(outcome.status).toBe('failed');
  expect(outcome.error).toMatch(/^fanOut\[(10|1010|2010)\]\/plus: It broke\.$/);
  expect(calls.length).toBeLessThan(10_000);
  const last = new Map(transitions.map(({ path, status }) => [path, status]));
  expect([...last.values()]).not.toContain('running');
});

it('holds the concurrency of a fan-out over all of its parts', async () => {
  let atOnce = 0;
  let most = 0;
  const narrow = definePipeline({ name: 'narrow' }, () => {
    fanOut(numbers(3_000), { concurrency: 7 }, (item) => plus({ a: item }));
  });
  const { outcome } = await driver.run(compiledOf(narrow), {
    handlers: {
      plus: async () => {
        most = Math.max(most, ++atOnce);
        await new Promise((resolve) => setTimeout(resolve, 1));
        atOnce--;
        return { value: 0 };
      },
    },
  });
  expect(outcome.status).toBe('succeeded');
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(7);
});

it('begins nothing in its parts while it is paused, and goes on from there', { timeout: 120_000 }, async () => {
  let calls = 0;
  let atPause: readonly number[] = [];
  // Ordinary tasks: a part that has light ones under way hears of a pause only seconds later.
  const paused = definePipeline({ name: 'paused' }, () => {
    fanOut(numbers(1_001), { concurrency: 8 }, (item) => addStep({ a: item, b: 0 }, { cache: 'off' }));
  });
  const add: TestHandler = (input, call) => {
    calls++;
    return plusHandler(input, call);
  };
  const meanwhile = async () => {
    await untilStill(() => calls);
    const before = calls;
    await delay(1_000);
    atPause = [before, calls];
  };
  const { outcome } = await driver.run(compiledOf(paused), { handlers: { add }, pauseOn: { step: 'add', meanwhile } });
  expect(atPause[0]).toBe(atPause[1]);
  expect(atPause[0]).toBeLessThan(1_001);
  expect([outcome.error, calls]).toEqual([null, 1_001]);
});

it('runs a long loop, whose histories stay small', { timeout: 120_000 }, async () => {
  const rounds = 300;
  const long = definePipeline({ name: 'long' }, () => {
    const { value } = loop({ value: 0 }, { max: 10_000, until: (last) => not(lt(last.value, rounds)) }, ({ value }) => {
      // Some forty events of history.
      for (const nap of numbers(10)) sleep('1ms', { name: `nap${nap}` });
      return plus({ a: value, b: 1 });
    });
    return { value };
  });
  const { outcome, transitions } = await driver.run(compiledOf(long), { handlers: { plus: plusHandler } });
  expect(outcome).toMatchObject({ status: 'succeeded', output: { value: rounds } });
  expect(new Set(transitions.filter(({ kind }) => kind === 'task').map(({ path }) => path)).size).toBe(rounds);
  const { client, workflowId } = await driver.lastRun();
  const [run, ...parts] = await historiesOf(client, workflowId);
  expect(run?.workflowId).toBe(workflowId);
  // It was continued as new before one was full.
  expect(parts.length).toBeGreaterThan(1);
  const loopPart = partWorkflowId('default', workflowId, 'loop');
  expect(new Set(parts.map((history) => history.workflowId))).toEqual(new Set([loopPart]));
  expectSmall(run ? [run, ...parts] : parts);
});

function expectSmall(histories: readonly WorkflowHistory[]): void {
  for (const { workflowId, events } of histories) expect(events.length, workflowId).toBeLessThan(12_000);
}

/** Until a second has passed in which it did not change. */
async function untilStill(count: () => number): Promise<void> {
  for (let last = -1; last !== count(); ) {
    last = count();
    await delay(1_000);
  }
}
