import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Isolation } from '../../ir/step-contract.ts';
import { NoTurn } from './light-turn.ts';
import {
  dispatchOf,
  failureOf,
  type HostFixture,
  logOf,
  openHost,
  RUN,
  runTask,
  SETTINGS,
  type StepChanges,
  stepModule,
} from './task-host.suite.ts';

let fixture: HostFixture;
let run: HostFixture['run'];
beforeAll(async () => {
  fixture = await openHost();
  ({ run } = fixture);
});
afterAll(() => fixture.close());

const attemptsOf = (path: string) => fixture.stores.metadata.tasks.attempts(RUN, path);

describe.each<Isolation>(['process', 'thread'])('a handler in a %s of its own', (isolation) => {
  it('reads and writes artifacts, logs, and gives its parsed output', async () => {
    const body = `
const { writeFile, readFile } = require('node:fs/promises');
const ref = await task.write('file', (path) => writeFile(path, 'hello'), { rows: 1 });
const text = await readFile(await task.read(ref), 'utf8');
task.log.info('read', { text });
console.log('printed');
console.error('complained');
return { ref, text, value: input.value };`;
    const schemas = { input: 'z.object({ value: z.number().default(7) })' };
    const path = `io-${isolation}`;
    const output = await run(body, { path, schemas, settings: { isolation } });
    const { ref } = output as unknown as { ref: { uri: string; digest: string } };
    expect(output).toMatchObject({
      text: 'hello',
      value: 7,
      ref: { artifact: 'file', metadata: { rows: 1 }, size: 5 },
    });
    expect(await readFile(await fixture.stores.artifacts.fetch(ref), 'utf8')).toBe('hello');
    const lines = (await logOf(fixture.stores, path)).map(({ level, stream, text }) => `${level} ${stream} ${text}`);
    expect([...lines].sort()).toEqual([
      'info log read {"text":"hello"}',
      'info stdout printed',
      'warn stderr complained',
    ]);
    const [attempt] = await attemptsOf(path);
    expect(attempt).toMatchObject({ attempt: 1, status: 'succeeded', worker: 'worker-1', queue: 'cpu', failure: null });
  });

  it('tells a thrown error with its name, and keeps the stack of the step alone', async () => {
    const failure = await failureOf(run(`throw new RangeError('too far');`, { settings: { isolation } }));
    expect(failure).toMatchObject({ kind: 'handler', name: 'RangeError', message: 'too far', retryable: true });
    expect(failure.stack).toContain('RangeError: too far');
    expect(failure.stack).not.toContain('handler-process');
  });

  it('tells of a process.exit as a crash', async () => {
    const failure = await failureOf(run('process.exit(3); await new Promise(() => {});', { settings: { isolation } }));
    expect(failure).toMatchObject({ kind: 'crash', name: 'HandlerExited', retryable: true });
    expect(failure.message).toContain('code 3');
  });

  it('tells of an error that no promise carries', async () => {
    const body = `setTimeout(() => { throw new TypeError('from a timer'); }, 5); await new Promise(() => {});`;
    const failure = await failureOf(run(body, { settings: { isolation } }));
    expect(failure).toMatchObject({ kind: 'handler', name: 'TypeError', message: 'from a timer' });
  });

  it('is ended by force when it blocks its thread past the timeout and the grace', async () => {
    const beats: unknown[] = [];
    const body = 'for (;;) {}';
    const onProgress = (details: unknown) => beats.push(details);
    const settings = { isolation, timeoutMs: 1_200 };
    const failure = await failureOf(run(body, { onProgress, settings }));
    expect(failure).toMatchObject({ kind: 'timeout', name: 'TaskTimeout', retryable: true });
    expect(beats.length).toBeGreaterThanOrEqual(2);
  });

  it('is out of memory at its own limit', async () => {
    const settings = { isolation, resources: { ...SETTINGS.resources, memory: 96 * 2 ** 20 } };
    const body = 'const kept = []; for (;;) kept.push(Array.from({ length: 100_000 }, (_, i) => ({ i })));';
    const failure = await failureOf(run(body, { settings }));
    expect(failure).toMatchObject({ kind: 'crash', name: 'OutOfMemory' });
    expect(failure.message).toContain('resources.memory allows 96 MiB');
  });

  it('finds no variables of the worker and no secrets that it does not declare', async () => {
    process.env.MILLRACE_CANARY = 'x';
    process.env.TEMPORAL_CANARY = 'x';
    process.env.AWS_SECRET_ACCESS_KEY = 'x';
    process.env.TZ = 'Asia/Tokyo';
    const body = `
const { TZ, LANG, GIVEN: given } = process.env;
return { names: Object.keys(process.env), given, zone: [TZ, LANG] };`;
    const output = await run(body, { settings: { isolation, env: { GIVEN: 'yes' } } });
    delete process.env.TZ;
    delete process.env.AWS_SECRET_ACCESS_KEY;
    expect(output).toMatchObject({ given: 'yes', zone: ['UTC', 'C.UTF-8'] });
    const { names } = output as unknown as { names: string[] };
    expect(names).toContain('PATH');
    expect(names.filter((name) => /MILLRACE|TEMPORAL|AWS|VITEST|NODE_OPTIONS|NODE_CHANNEL/.test(name))).toEqual([]);
    const failure = await failureOf(run(`task.secret('key');`, { settings: { isolation } }));
    expect(failure).toMatchObject({ kind: 'environment', name: 'UndeclaredSecret', retryable: false });
  });
});

describe('a light step', () => {
  const light = (body: string, changes: StepChanges = {}) =>
    run(body, { ...changes, settings: { isolation: 'thread', ...changes.settings }, contract: { cost: 'light' } });
  const where = "return { pid: process.pid, thread: require('node:worker_threads').threadId };";

  it('runs on a warm thread of its own in the worker', async () => {
    const first = await light(where);
    expect(first).toMatchObject({ pid: process.pid });
    expect(first).not.toMatchObject({ thread: 0 });
    expect(await light(where)).toEqual(first);
    const other = await light(`/* other code */ ${where}`);
    expect(other).toMatchObject({ pid: process.pid });
    expect(other).not.toEqual(first);
  });

  it('shares the worker with as many others as there are turns, and none of them fails for those that wait', async () => {
    const body =
      'const from = Date.now(); await new Promise((r) => setTimeout(r, 250)); return { from, to: Date.now() };';
    const settings = { timeoutMs: 1_000 };
    const steps = Array.from({ length: 6 * availableParallelism() }, (_, n) =>
      light(`/* ${n} */ ${body}`, { settings }),
    );
    const spans = (await Promise.all(steps)) as { from: number; to: number }[];
    const atOnce = spans.map(({ from }) => spans.filter((other) => other.from <= from && from < other.to).length);
    expect(Math.max(...atOnce)).toBeLessThanOrEqual(2 * availableParallelism());
  });

  it('gives up its place in line in time, and leaves no trace of an attempt', async () => {
    const settings = { isolation: 'thread', timeoutMs: 20_000 } as const;
    const folder = await mkdtemp(join(tmpdir(), 'millrace-turns-'));
    const [begun, over] = [join(folder, 'begun'), join(folder, 'over')];
    await writeFile(begun, '');
    const body = `
const { appendFileSync, existsSync } = require('node:fs');
if (input.busy) appendFileSync(${JSON.stringify(begun)}, '.');
while (input.busy && !existsSync(${JSON.stringify(over)})) await new Promise((r) => setTimeout(r, 20));
return {};`;
    const { digest } = await fixture.packageOf(stepModule(body));
    const dispatch = (path: string, busy: boolean) =>
      dispatchOf({ kind: 'package', digest }, { path, input: { busy }, contract: { cost: 'light' }, settings });
    const late = dispatch('late', false);
    const busy = Array.from({ length: 4 * availableParallelism() }, (_, n) =>
      runTask(fixture.host, dispatch(`busy-${n}`, true)),
    );
    await vi.waitFor(
      async () => expect(await readFile(begun, 'utf8')).toHaveLength(2 * availableParallelism()),
      10_000,
    );
    await expect(runTask(fixture.host, late, { turnWithinMs: 50 })).rejects.toThrow(NoTurn);
    expect(await attemptsOf('late')).toEqual([]);
    await writeFile(over, '');
    await Promise.all(busy);
    await rm(folder, { recursive: true });
    expect(await runTask(fixture.host, late, { turnWithinMs: 5_000 })).toEqual({});
    expect(await attemptsOf('late')).toMatchObject([{ attempt: 1, status: 'succeeded' }]);
  });

  it('neither changes what another one gives nor hears its input', async () => {
    const spy = `
if (input.look) return { now: Date.now(), heard: globalThis.heard };
Date.now = () => 7;
globalThis.heard = [];
require('node:worker_threads').parentPort.on('message', ({ job }) => job && globalThis.heard.push(job.path));
return {};`;
    await light(spy, { path: 'spy' });
    const victim = await light('return { now: Date.now() };', { path: 'victim', input: { customer: 'ada' } });
    expect((victim as { now: number }).now).toBeGreaterThan(7);
    expect(await light(spy, { path: 'look', input: { look: true } })).toEqual({ now: 7, heard: ['look'] });
  });

  it('that ends the process ends its thread alone', async () => {
    const failure = await failureOf(light('process.exit(3); await new Promise(() => {});'));
    expect(failure).toMatchObject({ kind: 'crash', name: 'HandlerExited', retryable: true });
    expect(await light(where)).toMatchObject({ pid: process.pid });
  });

  it('that never yields is ended at its timeout, and holds up no other', async () => {
    const settings = { timeoutMs: 400 };
    const stuck = failureOf(light('for (;;) {}', { settings }));
    expect(await light(where, { settings })).toMatchObject({ pid: process.pid });
    const failure = await stuck;
    expect(failure).toMatchObject({ kind: 'timeout', name: 'TaskTimeout' });
    expect(failure.message).toBe(
      "The handler ran longer than the 400 ms that it may. Take `cost: 'light'` out of the step's contract: that is for " +
        'what takes milliseconds and gives little. It was asked to stop then, did not within 50 ms, and was killed.',
    );
  });

  it('that gives more than is light fails, with the cure', async () => {
    const failure = await failureOf(light("return { text: 'x'.repeat(8_000) };", { path: 'long' }));
    expect(failure).toMatchObject({ kind: 'contract', name: 'OutputTooBig', retryable: false });
    expect(failure.message).toMatch(
      /^The output of light task 'long' is 8011 bytes of JSON; 7000 are allowed\. Take `cost: 'light'` out/,
    );
  });

  it('in a native call past its timeout fails in time, and holds up neither others nor the end of the worker', async () => {
    const own = await openHost();
    const body = "if (input.stuck) require('node:child_process').execSync('sleep 12'); return {};";
    const { digest } = await own.packageOf(stepModule(body));
    const dispatch = (stuck: boolean) =>
      dispatchOf(
        { kind: 'package', digest },
        { input: { stuck }, contract: { cost: 'light' }, settings: { isolation: 'thread', timeoutMs: 400 } },
      );
    const all = Array.from({ length: availableParallelism() }, () => runTask(own.host, dispatch(true)));
    const before = performance.now();
    const failures = await Promise.all(all.map(failureOf));
    expect(new Set(failures.map(({ name }) => name))).toEqual(new Set(['TaskTimeout']));
    expect(performance.now() - before).toBeLessThan(9_000);
    expect(await runTask(own.host, dispatch(false))).toEqual({});
    const closing = performance.now();
    expect(await own.host.close()).toBe(false);
    expect(performance.now() - closing).toBeLessThan(4_000);
    await own.close();
  });

  it('has its time for its handler: loading its code is not counted', async () => {
    const code = await fixture.packageOf(
      `const end = Date.now() + 600; while (Date.now() < end);\n${stepModule('return {};')}`,
    );
    const settings = { isolation: 'thread', timeoutMs: 300 } as const;
    const dispatch = dispatchOf({ kind: 'package', digest: code.digest }, { contract: { cost: 'light' }, settings });
    expect(await runTask(fixture.host, dispatch)).toEqual({});
  });

  it('says what it prints, and what it does after its end reaches nobody', async () => {
    const body = `
if (input.next) await new Promise((r) => setTimeout(r, 300));
else {
  setTimeout(() => task.log.info('late'), 50);
  setTimeout(() => { throw new Error('late'); }, 60);
  console.log('printed');
}
return {};`;
    await light(body, { path: 'light' });
    expect(await light(body, { input: { next: true } })).toEqual({});
    await delay(400);
    expect((await logOf(fixture.stores, 'light')).map(({ text }) => text)).toEqual(['printed']);
  });

  it('finds no variables of the worker', async () => {
    process.env.AWS_CANARY = 'x';
    const output = await light('return { names: Object.keys(process.env) };');
    delete process.env.AWS_CANARY;
    const { names } = output as unknown as { names: string[] };
    expect(names).toContain('PATH');
    expect(names.filter((name) => /AWS|VITEST|NODE_OPTIONS/.test(name))).toEqual([]);
  });
});

describe('built-in steps', () => {
  const digest = `sha256:${'b'.repeat(64)}`;
  const contract = { name: 'builtinWork', implementation: { kind: 'builtin' } } as const;

  beforeAll(async () => {
    const { builtins, builtinDigests } = fixture.settings.files ?? { builtins: '', builtinDigests: '' };
    const module = `import { defineStep } from './dist/dsl/index.js';
import { z } from 'zod';
export const other = 1;
export const builtinWork = defineStep({ name: 'builtinWork', input: z.looseObject({}), output: z.looseObject({}) })
  .implement(({ task }) => { task.log.info('at work'); return { pid: process.pid }; });`;
    await writeFile(builtins, module);
    await writeFile(builtinDigests, JSON.stringify({ builtinWork: digest }));
  });

  it('come from the installation', async () => {
    const code = { kind: 'builtin', step: 'builtinWork', digest } as const;
    const own = await runTask(fixture.host, dispatchOf(code, { contract, path: 'own' }));
    expect((own as { pid: number }).pid).not.toBe(process.pid);
    expect((await logOf(fixture.stores, 'own')).map(({ text }) => text)).toEqual(['at work']);
  });

  it('of another release are refused, with the cure', async () => {
    const code = { kind: 'builtin', step: 'builtinWork', digest: `sha256:${'c'.repeat(64)}` } as const;
    const failure = await failureOf(runTask(fixture.host, dispatchOf(code, { contract })));
    expect(failure).toMatchObject({ kind: 'environment', name: 'OtherRelease', retryable: false });
    expect(failure.message).toContain('Run a worker of the release');
  });
});
