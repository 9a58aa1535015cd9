import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ArbitraryPipeline, arbitraryPipeline } from '../dsl/testing/arbitrary-pipeline.ts';
import type { JsonObject } from '../ir/json.ts';
import { compiledOf, type InterpreterDriver } from '../workflows/interpreter-driver.suite.ts';
import { inProcessDriver } from './support/in-process-driver.ts';
import { pureHandlers } from './support/pure-handlers.ts';
import { temporalDriver } from './support/temporal-driver.ts';

async function ends(driver: InterpreterDriver, { pipeline, params }: ArbitraryPipeline) {
  const { outcome, transitions } = await driver.run(compiledOf(pipeline), { params, handlers: pureHandlers });
  const last = new Map<string, JsonObject>();
  for (const { path, status, output } of [...transitions].sort((a, b) => a.sequence - b.sequence)) {
    last.set(path, { status, output });
  }
  return { outcome, tasks: Object.fromEntries([...last].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

describe('any pipeline', () => {
  let local: InterpreterDriver;
  let temporal: InterpreterDriver;
  beforeAll(async () => {
    local = await inProcessDriver();
    // Every step of a workflow replays what went before: what is not deterministic shows at once.
    temporal = await temporalDriver({ cached: false });
  });
  afterAll(() => temporal.close());

  it('ends in process as plain calls do', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryPipeline, async (sample) => {
        expect((await ends(local, sample)).outcome).toMatchObject(sample.expected);
      }),
      { numRuns: 200 },
    );
  });

  it('ends alike where its fan-outs and loops are run in parts', async () => {
    const inParts = await inProcessDriver({ inParts: true });
    await fc.assert(
      fc.asyncProperty(arbitraryPipeline, async (sample) => {
        const whole = await ends(local, sample);
        const parted = await ends(inParts, sample);
        expect(parted.outcome).toMatchObject(sample.expected);
        if (whole.outcome.status === 'succeeded') expect(parted).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });

  it('ends on Temporal as it does in process', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryPipeline, async (sample) => {
        const durable = await ends(temporal, sample);
        expect(durable.outcome).toMatchObject(sample.expected);
        if (durable.outcome.status === 'succeeded') expect(durable).toEqual(await ends(local, sample));
      }),
      { numRuns: Number(process.env.MILLRACE_TEST_RUNS ?? 25) },
    );
  }, 120_000);
});
