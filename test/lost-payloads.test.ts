import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { definePipeline, defineStep, finallyDo } from '../dsl/index.ts';
import { digestOfBytes } from '../ir/digest.ts';
import { TaskFailed } from '../ir/protocol/task-failure.ts';
import { dataConverter } from '../store/payloads/data-converter.ts';
import type { TaskHost } from '../workers/host/task-host.ts';
import { type StoredRuns, storedRuns } from './support/stored-runs.ts';

const text = z.object({ text: z.string() });
const give = defineStep({ name: 'give', input: z.object({ mark: z.string() }), output: text, retry: { attempts: 1 } });
const giveStep = give.implement(async ({ input }) => ({ text: input.mark }));
const take = defineStep({ name: 'take', input: z.object({ texts: z.array(z.string()) }), output: text });
const takeStep = take.implement(async () => ({ text: '' }));

const STACK = 'at somewhere'.repeat(1_000);
const FAILURE = { kind: 'handler', name: 'Error', message: 'no more', stack: STACK, retryable: false } as const;

const host: TaskHost = {
  run: async ({ dispatch: { input } }) => {
    if (input.mark === 'fail') throw new TaskFailed(FAILURE);
    return { text: `${input.mark}:`.padEnd(10_000, 'x') };
  },
  close: async () => true,
};

/** Gives, and takes it, and gives once more at the end: what a run does next shows in what it starts. */
const giving = (mark: string) => () => {
  finallyDo(() => {
    giveStep({ mark: 'end' }, { name: 'end' });
  });
  return takeStep({ texts: [giveStep({ mark }).text] });
};

let runs: StoredRuns;
let root = '';
/** What becomes of these bytes once they are stored. */
let harm: (content: string) => 'lose' | 'damage' | null = () => null;
let stored: Uint8Array[] = [];
let harmed: Uint8Array[] = [];

beforeAll(async () => {
  runs = await storedRuns({ host, wrap: (home, payloads) => ({ ...payloads, put: (bytes) => put(home, bytes) }) });
});
afterAll(() => runs.close());
afterEach(() => {
  harm = () => null;
  stored = [];
  harmed = [];
});

async function put(home: string, bytes: Uint8Array) {
  root = join(home, 'artifacts/default/payloads');
  const digest = await runs.stores.payloads.put(bytes);
  stored.push(bytes);
  const done = harm(Buffer.from(bytes).toString());
  if (done) harmed.push(bytes);
  if (done === 'lose') await rm(pathOf(bytes), { force: true });
  if (done === 'damage') {
    await chmod(pathOf(bytes), 0o644);
    await writeFile(pathOf(bytes), 'damaged');
  }
  return digest;
}

function pathOf(bytes: Uint8Array): string {
  const digest = digestOfBytes(bytes);
  return join(root, digest.slice(7, 9), digest.slice(9));
}

async function restore(): Promise<void> {
  for (const bytes of harmed) await runs.stores.payloads.put(bytes);
}

async function run(body: () => unknown, retryOf?: string) {
  const digest = await runs.compile(
    definePipeline({ name: 'stored', description: 'long'.repeat(1_000) }, body as () => never),
  );
  const { runId, handle } = await runs.start(digest, retryOf);
  await handle.result();
  return { runId, row: await runs.stores.metadata.runs.get(runId), replay: () => replay(handle) };
}

async function replay(handle: WorkflowHandle): Promise<void> {
  const codePath = new URL('../dist/workflow-bundle.js', import.meta.url).pathname;
  const options = { workflowBundle: { codePath }, dataConverter: dataConverter(runs.stores.payloads) };
  await Worker.runReplayHistory(options, await handle.fetchHistory(), handle.workflowId);
}

describe('a payload that is gone or damaged', () => {
  it.each([
    ['lose', 'give', /^give: Payload sha256:\w+ is not at .* run the pipeline again\.$/],
    ['damage', 'give', /^give: Payload sha256:\w+ at .* was changed: .* run the pipeline again\.$/],
    ['lose', 'take', /^take: Payload sha256:\w+ is not at .* run the pipeline again\.$/],
  ] as const)('fails the task that meets it and says so: %s, %s', async (kind, step, error) => {
    harm = (content) => {
      const isOrder = content.includes('"step":"take"') && content.includes('"attempt":1');
      const isOutput = content.includes(`{"text":"${kind} me:`);
      return (step === 'give' ? isOutput : isOrder) ? kind : null;
    };
    const { row } = await run(giving(`${kind} me`));
    expect(row).toMatchObject({ status: 'failed', error: expect.stringMatching(error) });
  });
});

/** regression: a replay asked what is lost now, and took another course than the run had. */
describe('a run that met a lost payload replays while it is lost, and once it is there again', () => {
  it.each([
    ['what a task gave', 'a', '{"text":"a:', /^give: Payload .* is not at/],
    ['what a task failed with', 'fail', '"stack":"at somewhere', /^give: no more/],
    ['the pipeline', 'a', '"registered":', /^Payload .* is not at/],
  ])('%s', async (_what, mark, part, error) => {
    harm = (content) => (content.includes(part) ? 'lose' : null);
    const { row, replay } = await run(giving(mark));
    expect(row).toMatchObject({ status: 'failed', error: expect.stringMatching(error) });
    await expect(replay()).resolves.not.toThrow();
    await restore();
    await expect(replay()).resolves.not.toThrow();
  });

  it('what a look-up found', async () => {
    const first = await run(giving('a'));
    harm = (content) => (/"reason":"reused".*"text":"a:/.test(content) ? 'lose' : null);
    const { row, replay } = await run(giving('a'), first.runId);
    expect(row).toMatchObject({ status: 'failed', error: expect.stringMatching(/^give: Payload .* is not at/) });
    await expect(replay()).resolves.not.toThrow();
    await restore();
    await expect(replay()).resolves.not.toThrow();
  });
});

it('a payload that was lost since the run met it has to be restored before the run goes on', async () => {
  const { row, replay } = await run(giving('a'));
  expect(row?.status).toBe('succeeded');
  harmed = stored.filter((bytes) => Buffer.from(bytes).includes('{"text":"a:'));
  for (const bytes of harmed) await rm(pathOf(bytes), { force: true });
  await expect(replay()).rejects.toThrow('is not at');
  await restore();
  await expect(replay()).resolves.not.toThrow();
});
