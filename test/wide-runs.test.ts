import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { definePipeline, defineStep, fanOut, type PipelineDefinition } from '../dsl/index.ts';
import { compiledOf, type TestHandler } from '../workflows/interpreter-driver.suite.ts';
import { addStep } from '../workflows/interpreter-steps.suite.ts';
import { hasHeardOfCancel } from './support/histories.ts';
import { type TemporalDriver, temporalDriver } from './support/temporal-driver.ts';
import { until } from './support/until.ts';

const numbers = (length: number) => Array.from({ length }, (_, index) => index);

const sideBySide = definePipeline({ name: 'side-by-side' }, () => {
  fanOut(numbers(500), (item) => {
    for (const index of numbers(5)) addStep({ a: item, b: index }, { name: `add${index}`, cache: 'off' });
  });
});
const nested = definePipeline({ name: 'nested' }, () => {
  fanOut(numbers(50), { name: 'rows' }, (row) => {
    fanOut(numbers(50), { name: 'columns' }, (column) => {
      addStep({ a: row, b: column }, { cache: 'off' });
    });
  });
});

const light = defineStep({
  name: 'light',
  input: z.object({ item: z.number() }),
  output: z.object({ value: z.number() }),
  cost: 'light',
}).implement(() => ({ value: 0 }));
const lightOnes = definePipeline({ name: 'light-ones' }, () => {
  fanOut(numbers(400), (item) => light({ item }));
});

let driver: TemporalDriver;
beforeAll(async () => {
  driver = await temporalDriver();
});
afterAll(() => driver.close());

/** Cancelled as soon as one has started: 2,500 tasks take minutes on a small machine, and what is refused never starts. */
it.each<[string, PipelineDefinition]>([
  ['side by side in a fan-out', sideBySide],
  ['in a fan-out within a fan-out', nested],
])(
  'a run of 2,500 tasks at once, of which Temporal refuses more than 2,000, gets going: %s',
  { timeout: 180_000 },
  async (_, pipeline) => {
    let calls = 0;
    const add: TestHandler = () => {
      calls++;
      return { value: 0 };
    };
    const { outcome, transitions } = await driver.run(compiledOf(pipeline), { handlers: { add }, cancelOn: 'add' });
    expect(outcome.status).toBe('cancelled');
    // Those that were waiting for a place do not start any more, and say so.
    expect(calls).toBeLessThan(1_500);
    const last = new Map(transitions.map(({ path, status }) => [path, status]));
    expect([...last.values()]).not.toContain('running');
    expect([...last.keys()].filter((path) => path.includes('/add')).length).toBeGreaterThan(500);
  },
);

/** A run hears of its cancel while light tasks are under way once Temporal's workflow task is renewed: in 8 s. */
it('a cancelled run starts none of the light tasks that wait, and never had more than 16 under way', async () => {
  let calls = 0;
  const cancelled = async () => {
    const run = await driver.lastRun();
    await run.cancel();
    await until('the run has heard of its cancel', () => hasHeardOfCancel(run));
  };
  let heard: Promise<void> | null = null;
  const held: TestHandler = async () => {
    calls++;
    heard ??= cancelled();
    await heard;
    return { value: 0 };
  };
  const { outcome } = await driver.run(compiledOf(lightOnes), { handlers: { light: held } });
  expect(outcome.status).toBe('cancelled');
  expect(calls).toBe(16);
});
