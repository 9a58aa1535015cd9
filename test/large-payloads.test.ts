import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { definePipeline, defineStep, fanOut } from '../dsl/index.ts';
import type { TaskHost } from '../workers/host/task-host.ts';
import { type StoredRuns, storedRuns } from './support/stored-runs.ts';

const text = z.object({ text: z.string() });
const give = defineStep({ name: 'give', input: z.object({ mark: z.string() }), output: text, retry: { attempts: 1 } });
const giveStep = give.implement(async ({ input }) => ({ text: input.mark }));
const take = defineStep({ name: 'take', input: z.object({ texts: z.array(z.string()) }), output: text, cache: 'off' });
const takeStep = take.implement(async () => ({ text: '' }));

/** What a `give` gives: a quarter of a MiB. */
const large = (mark: unknown) => `${mark}:`.padEnd(1 << 18, 'x');

const host: TaskHost = {
  run: async ({ dispatch: { contract, input } }) => ({
    text: contract.name === 'give' ? large(input.mark) : `${(input.texts as string[]).join('').length}`,
  }),
  close: async () => true,
};

let runs: StoredRuns;
beforeAll(async () => {
  runs = await storedRuns({ host });
});
afterAll(() => runs.close());

async function run(body: Parameters<typeof definePipeline>[1], retryOf?: string) {
  const digest = await runs.compile(definePipeline({ name: 'stored' }, body as () => never));
  const { runId, handle } = await runs.start(digest, retryOf);
  await handle.result();
  const row = await runs.stores.metadata.runs.get(runId);
  return { runId, row, state: await handle.describe(), history: await runs.history(handle) };
}

describe('a fan-out of outputs that are more together than Temporal takes', () => {
  const marks = Array.from({ length: 40 }, (_, index) => `item ${index}`);

  it('leaves a small history, and everything in the store', async () => {
    const { runId, row, state, history } = await run(() => fanOut(marks, (mark) => giveStep({ mark })));
    const values = marks.map((mark) => ({ text: large(mark) }));
    expect(row).toMatchObject({ status: 'succeeded', output: values });
    expect(state.historySize).toBeLessThan(150_000);
    expect(history).not.toContain('xxxxxxxx');
    const { tasks } = runs.stores.metadata;
    const given = (await tasks.list(runId)).filter(({ kind }) => kind === 'task');
    expect(given.map(({ output, leftOut }) => [output, leftOut?.input])).toEqual(marks.map(() => [null, null]));
    const outputs = await Promise.all(given.map(async ({ path }) => (await tasks.get(runId, path))?.output));
    expect(outputs).toHaveLength(40);
    expect(outputs).toEqual(expect.arrayContaining(values));
  });

  it('shows the joined list, where it is more than 8 MiB, by its tasks alone', async () => {
    const { runId } = await run(() => fanOut(marks, (mark) => giveStep({ mark })));
    const tasks = await runs.stores.metadata.tasks.list(runId);
    expect(tasks.find(({ kind }) => kind === 'fanOut')).toMatchObject({
      status: 'succeeded',
      output: null,
      detail: { items: 40, succeeded: 40, notKept: expect.stringContaining('10.0 MiB') },
    });
  });

  it('goes to one task whole', async () => {
    const { row } = await run(() => {
      const given = fanOut(marks, (mark) => giveStep({ mark }).text);
      return takeStep({ texts: given });
    });
    expect(row).toMatchObject({ status: 'succeeded', output: { text: `${40 << 18}` } });
  });
});

describe('a task whose input is more than 8 MiB, and its output small', () => {
  const manyOf = (mark: string) => () => {
    const { text: once } = giveStep({ mark });
    return takeStep({ texts: Array.from({ length: 40 }, () => once) });
  };
  const rowOf = async ({ runId }: { runId: string }) => runs.stores.metadata.tasks.get(runId, 'take');

  it('is recorded with its output, and says what is left out', async () => {
    const row = await rowOf(await run(manyOf('once')));
    expect(row).toMatchObject({ status: 'succeeded', input: null, output: { text: `${40 << 18}` } });
    expect(row?.detail.notKept).toBe('The input is 10.0 MiB of JSON: too large to show.');
  });

  it('is taken over by a retry, and by a retry of that, while its input is the same', async () => {
    const first = await run(manyOf('once'));
    const second = await run(manyOf('once'), first.runId);
    const third = await run(manyOf('once'), second.runId);
    for (const again of [second, third]) {
      expect(await rowOf(again)).toMatchObject({ status: 'reused', input: null, output: { text: `${40 << 18}` } });
    }
    const other = await run(manyOf('other'), first.runId);
    expect(await rowOf(other)).toMatchObject({ status: 'succeeded' });
  });
});

describe('a task whose input is more than 32 MiB', () => {
  it('fails, and says which it is, how large, and what to do', async () => {
    const { row } = await run(() => {
      const { text: once } = giveStep({ mark: 'once' });
      return takeStep({ texts: Array.from({ length: 130 }, () => once) });
    });
    expect(row).toMatchObject({ status: 'failed', output: null });
    expect(row?.error).toMatch(/^take: The input of 'take' is 32\.5 MiB of JSON, and 32\.0 MiB at most .* artifact/);
  });
});
