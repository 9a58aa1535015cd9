import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { taskSlots } from '../ir/protocol/replicas-held.ts';
import type { RunDetail } from '../server/client.ts';
import { millrace } from './support/command-line.ts';
import { type EmbeddedSystem, ended, startEmbedded } from './support/embedded-system.ts';
import { linkPackages } from './support/flights-example.ts';
import { LEDGER_PIPELINE, newLedger } from './support/ledger.ts';
import { attemptCounts, statuses } from './support/run-facts.ts';
import { until } from './support/until.ts';

vi.setConfig({ testTimeout: 180_000 });

let folder = '';
let system: EmbeddedSystem;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-resume-'));
  await linkPackages(folder);
  system = await startEmbedded(join(folder, 'home'));
});
afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a command on the test's system and gives its document. */
async function command<T>(...words: readonly string[]): Promise<T> {
  const { code, out, err } = await millrace('runs', ...words, '--home', system.home, '-o', 'json');
  const note = words.includes('--code') ? /^note: This code is version \d+ of \w+\. .*\n$/ : /^$/;
  expect([code, err]).toEqual([0, expect.stringMatching(note)]);
  return JSON.parse(out) as T;
}

async function runAgain(...words: readonly string[]): Promise<RunDetail> {
  const { run } = await command<Pick<RunDetail, 'run'>>(...words, '--detach');
  return ended(system.client(), run.id);
}

const detailOf = (id: string) => system.client().run(id);

/** Three steps in a row; `handler` is the last one's. */
const threeSteps = (handler: string) => `import { definePipeline, defineStep } from 'millrace';
import { z } from 'zod';
const load = defineStep({ name: 'load', input: z.object({ on: z.number() }), output: z.object({ value: z.number() }) })
  .implement(({ input }) => ({ value: input.on + 1 }));
const train = defineStep({ name: 'train', input: z.object({ on: z.number() }), output: z.object({ value: z.number() }) })
  .implement(({ input }) => ({ value: input.on * 10 }));
const evaluate = defineStep({
  name: 'evaluate',
  input: z.object({ on: z.number() }),
  output: z.object({ value: z.number() }),
  retry: { attempts: 1 },
}).implement(({ input }) => { ${handler} });
export default definePipeline({ name: 'three', params: z.object({ on: z.number().default(1) }) }, ({ params }) =>
  evaluate({ on: train({ on: load({ on: params.on }).value }).value }));
`;

async function write(name: string, handler: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, threeSteps(handler));
  return file;
}

describe('runs retry --code', () => {
  it('runs the edited task that failed last, and nothing else', async () => {
    const file = await write('three.ts', "throw new Error('No such luck: ' + input.on);");
    const broken = await ended(system.client(), await system.submit(file, {}));
    expect(broken.run).toMatchObject({ status: 'failed', error: expect.stringContaining('No such luck: 20') });
    await write('three.ts', 'return { value: input.on + 3 };');
    const mended = await runAgain('retry', broken.run.id, '--code', file);
    expect(mended.run).toMatchObject({ status: 'succeeded', output: { value: 23 } });
    expect(attemptCounts(mended)).toEqual({ evaluate: 1 });
    expect(statuses(mended)).toEqual({ load: 'reused', train: 'reused', evaluate: 'succeeded' });
    const [load, evaluate] = ['load', 'evaluate'].map((path) => mended.tasks.find((task) => task.path === path));
    expect(load?.cache).toMatchObject({ reason: 'reused', detail: `taken over from run ${broken.run.id}` });
    expect(evaluate?.cache?.detail).toBe(`Not taken over from run ${broken.run.id}, where it failed.`);
  });

  it('takes over what the first run finished, where the retry before did not get as far', async () => {
    const file = await write('line.ts', "throw new Error('No such luck.');");
    const first = await ended(system.client(), await system.submit(file, { on: '7' }));
    const source = threeSteps('return { value: input.on + 3 };');
    await writeFile(file, source.replace('({ value: input.on + 1 })', "{ throw new Error('Still none.'); }"));
    const second = await runAgain('retry', first.run.id, '--code', file);
    expect(statuses(second)).toMatchObject({ load: 'failed', train: 'skipped' });
    await writeFile(file, source);
    const third = await runAgain('retry', second.run.id, '--code', file);
    expect(third.run).toMatchObject({ status: 'succeeded', retryOf: second.run.id, output: { value: 83 } });
    expect(statuses(third)).toEqual({ load: 'reused', train: 'reused', evaluate: 'succeeded' });
    const train = third.tasks.find(({ path }) => path === 'train');
    expect(train?.cache?.origin).toEqual({ runId: first.run.id, path: 'train' });
  });
});

describe('runs rerun', () => {
  it('runs a task of a run that succeeded anew, with what depends on it, and keeps the rest', async () => {
    const file = await write('again.ts', 'return { value: input.on };');
    const first = await ended(system.client(), await system.submit(file, { on: '4' }));
    const again = await runAgain('rerun', first.run.id, '--from', 'train');
    expect(again.run).toMatchObject({ status: 'succeeded', retryOf: first.run.id, rerunFrom: ['train'] });
    expect(again.run.params).toEqual({ on: 4 });
    expect(attemptCounts(again)).toEqual({ evaluate: 1, train: 1 });
    const caches = Object.fromEntries(again.tasks.map(({ path, cache }) => [path, cache]));
    expect(caches).toMatchObject({
      load: { reason: 'reused', origin: { runId: first.run.id, path: 'load' } },
      train: { reason: 'rerun', detail: 'Run anew, as the rerun asked.' },
      evaluate: { reason: 'rerun', detail: "Run anew with 'train', on which it depends." },
    });
    const shown = await millrace('runs', 'get', again.run.id, '--path', 'evaluate', '--home', system.home);
    expect(shown.out).toContain("cache: Run anew with 'train', on which it depends.");
  });

  it('takes edited code along, of the named task and of one before it', async () => {
    const file = await write('edited.ts', 'return { value: input.on };');
    const first = await ended(system.client(), await system.submit(file, { on: '5' }));
    const source = await readFile(file, 'utf8');
    await writeFile(file, source.replace('input.on * 10', 'input.on * 100'));
    const again = await runAgain('rerun', first.run.id, '--from', 'evaluate', '--code', file);
    expect(again.run).toMatchObject({ status: 'succeeded', output: { value: 600 } });
    expect(statuses(again)).toEqual({ load: 'reused', train: 'succeeded', evaluate: 'succeeded' });
    const train = again.tasks.find(({ path }) => path === 'train');
    expect(train?.cache?.detail).toContain(`Not taken over from run ${first.run.id}, for it differs in: code.`);
  });

  it('begins from one item of a fan-out, and without Temporal, too', async () => {
    const ledger = await newLedger(folder);
    const first = await ended(system.client(), await system.submit(LEDGER_PIPELINE, { folder: ledger.folder }));
    const again = await runAgain('rerun', first.run.id, '--from', 'items[1]/slow');
    const expected = {
      open: 'reused',
      'items[0]/slow': 'reused',
      'items[1]/slow': 'succeeded',
      'items[2]/slow': 'reused',
      joinParts: 'succeeded',
    };
    expect(statuses(again)).toEqual(expected);
    const at = ['--from', 'items[1]/slow', '--local', '--home', system.home, '-o', 'json'];
    const local = await millrace('runs', 'rerun', first.run.id, ...at);
    expect(local.code).toBe(0);
    expect(statuses(JSON.parse(local.out) as RunDetail)).toEqual(expected);
  });

  it('names the task or item that may have been meant', async () => {
    const ledger = await newLedger(folder);
    const { run } = await ended(system.client(), await system.submit(LEDGER_PIPELINE, { folder: ledger.folder }));
    const rerun = (from: string) => millrace('runs', 'rerun', run.id, '--from', from, '--home', system.home, '-d');
    const wrong = await rerun('joinPart');
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('Did you mean joinParts?')]);
    expect((await rerun('items[7]/slow')).err).toMatch(/no task or scope 'items\[7\]\/slow'[\s\S]*items\[\d\]\/slow/);
  });
});

describe('runs pause', () => {
  it('outlives the worker, starts nothing new, and says who holds the run and why', async () => {
    const ledger = await newLedger(folder, { held: true });
    const runId = await system.submit(LEDGER_PIPELINE, { folder: ledger.folder });
    await ledger.held(3);
    await command('pause', runId, '--note', 'the disk is full');
    const paused = await until('the run is paused', async () => (await detailOf(runId)).run.pause);
    expect(paused).toMatchObject({ by: expect.any(String), note: 'the disk is full' });
    // Twice is once.
    await command('pause', runId, '--note', 'another');
    const listed = await millrace('runs', 'list', '--home', system.home);
    expect(listed.out).toMatch(new RegExp(`${runId} +paused`));
    const shown = await millrace('runs', 'get', runId, '--home', system.home);
    expect(shown.out).toContain(`paused by ${paused.by} since`);
    expect(shown.out).toContain(': the disk is full');

    await system.kill('workers');
    await ledger.release();
    // The attempts under way died with their worker. Others would be new, and wait: another run gets as far as its end.
    const other = await newLedger(folder);
    await ended(system.client(), await system.submit(LEDGER_PIPELINE, { folder: other.folder }));
    expect((await detailOf(runId)).run).toMatchObject({ status: 'running', pause: { note: 'the disk is full' } });
    expect(await ledger.lines('began')).toHaveLength(1 + 3);

    await command('unpause', runId);
    const detail = await ended(system.client(), runId);
    expect(detail.run).toMatchObject({ status: 'succeeded', pause: null });
    const late = await millrace('runs', 'pause', runId, '--home', system.home);
    expect([late.code, late.err]).toEqual([2, expect.stringContaining('has ended (succeeded)')]);
  });

  it('lets what is under way end and be recorded, and can be cancelled', async () => {
    const ledger = await newLedger(folder, { held: true });
    const runId = await system.submit(LEDGER_PIPELINE, { folder: ledger.folder });
    await ledger.held(3);
    await command('pause', runId);
    await until('the run is paused', async () => (await detailOf(runId)).run.pause);
    await ledger.release();
    await until('the tasks under way have ended', async () => {
      const now = statuses(await detailOf(runId));
      return ['items[0]/slow', 'items[1]/slow', 'items[2]/slow'].every((path) => now[path] === 'succeeded');
    });
    expect(statuses(await detailOf(runId))).not.toHaveProperty('joinParts');
    await command('cancel', runId);
    const detail = await ended(system.client(), runId);
    expect(detail.run).toMatchObject({ status: 'cancelled', pause: null });
  });
});

/** More tasks than a worker takes at once: the others are in its queue. */
const WIDE = `import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { definePipeline, defineStep, fanOut } from 'millrace';
import { z } from 'zod';
const wait = defineStep({ name: 'wait', input: z.object({ file: z.string(), item: z.number() }), output: z.object({ item: z.number() }) })
  .implement(async ({ input }) => {
    while (!existsSync(input.file)) await delay(20);
    return { item: input.item };
  });
export default definePipeline(
  { name: 'wide', params: z.object({ file: z.string(), items: z.array(z.number()) }) },
  ({ params: { file, items } }) => fanOut(items, { name: 'wide' }, (item) => wait({ file, item })),
);
`;

describe('a run that is paused with tasks in the queue', () => {
  it('has none of them begun, and begins all of them after', async () => {
    const file = join(folder, 'wide.ts');
    await writeFile(file, WIDE);
    const slots = taskSlots({ cpu: availableParallelism() });
    const items = Array.from({ length: slots + 12 }, (_, index) => index);
    const go = join(folder, 'go');
    const runId = await system.submit(file, { file: go, items: JSON.stringify(items) });
    await until('as many as can have begun', async () => (await detailOf(runId)).attempts.length === slots);
    await command('pause', runId);
    await until('the run is paused', async () => (await detailOf(runId)).run.pause);
    await writeFile(go, '');
    // Comes after all that is in the queue.
    const other = await newLedger(folder);
    await ended(system.client(), await system.submit(LEDGER_PIPELINE, { folder: other.folder }));
    await until('what was under way has ended', async () => {
      return (await detailOf(runId)).attempts.every(({ endedAt }) => endedAt !== null);
    });
    expect((await detailOf(runId)).attempts.length).toBe(slots);
    await command('unpause', runId);
    const detail = await ended(system.client(), runId);
    expect(detail.run).toMatchObject({ status: 'succeeded', output: items.map((item) => ({ item })) });
    expect(detail.attempts.map(({ status }) => status)).toEqual(items.map(() => 'succeeded'));
  });
});

/** Hears that it is to stop and ends; what cleans up after it does not end by itself. */
const CLINGING = `import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { definePipeline, defineStep, finallyDo } from 'millrace';
import { z } from 'zod';
const wait = defineStep({ name: 'wait', input: z.object({ folder: z.string() }), output: z.object({}), effects: 'idempotent' })
  .implement(async ({ input, task }) => {
    appendFileSync(input.folder + '/clinging', task.path + '\\n');
    await delay(600_000, undefined, { signal: task.signal });
    return {};
  });
export default definePipeline({ name: 'clinging', params: z.object({ folder: z.string() }) }, ({ params: { folder } }) => {
  wait({ folder });
  finallyDo(() => wait({ folder }, { name: 'cleanUp' }));
});
`;

describe('runs cancel', () => {
  async function begun(): Promise<{ readonly runId: string; readonly began: (path: string) => Promise<unknown> }> {
    const place = await mkdtemp(join(folder, 'clinging-'));
    const file = join(folder, 'clinging.ts');
    await writeFile(file, CLINGING);
    const runId = await system.submit(file, { folder: place });
    const told = () => readFile(join(place, 'clinging'), 'utf8').catch(() => '');
    const began = (path: string) => until(`${path} begins`, async () => (await told()).split('\n').includes(path));
    await began('wait');
    return { runId, began };
  }

  it('stops what goes on after the grace, which a second one makes shorter, and says what', async () => {
    const { runId, began } = await begun();
    await command('cancel', runId);
    await began('finally/cleanUp');
    expect((await detailOf(runId)).run.endedAt).toBeNull();
    await command('cancel', runId, '--grace', '1s');
    const detail = await ended(system.client(), runId);
    expect(detail.run).toMatchObject({
      status: 'cancelled',
      error: "The run was cancelled, and stopped hard after its grace of 1 s: 'finally/cleanUp'.",
    });
    expect(statuses(detail)).toEqual({ wait: 'cancelled', 'finally/cleanUp': 'cancelled' });
  });

  it('ends a run at once with --now, and its handlers soon after', async () => {
    const ledger = await newLedger(folder, { held: true });
    const runId = await system.submit(LEDGER_PIPELINE, { folder: ledger.folder });
    await ledger.held(3);
    const { run } = await command<Pick<RunDetail, 'run'>>('cancel', runId, '--now');
    expect(run).toMatchObject({ status: 'cancelled', error: expect.stringContaining('Cancelled at once') });
    await until('the handlers are told', async () => (await ledger.lines('aborted')).length === 3);
    const detail = await detailOf(runId);
    expect(detail.attempts.filter(({ status }) => status === 'running')).toEqual([]);
    expect(detail.tasks.filter(({ endedAt }) => endedAt === null)).toEqual([]);
  });

  it.each([
    [['--grace', 'soon'], "--grace is 'soon'"],
    [['--grace', '1s', '--now'], 'cannot be used with'],
  ])('refuses %j', async (words, said) => {
    const { code, err } = await millrace('runs', 'cancel', 'r', ...words, '--home', system.home);
    expect([code, err]).toEqual([2, expect.stringContaining(said)]);
  });
});
