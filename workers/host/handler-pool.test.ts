import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Isolation } from '../../ir/step-contract.ts';
import type { ChildSpec } from './handler-child.ts';
import { createHandlerPool, type HandlerPool } from './handler-pool.ts';
import { dispatchOf, failureOf, type HostFixture, logOf, openHost, runTask, stepModule } from './task-host.suite.ts';

let fixture: HostFixture;
let run: HostFixture['run'];
beforeAll(async () => {
  fixture = await openHost();
  ({ run } = fixture);
});
afterAll(() => fixture.close());

describe('the pool', () => {
  const counting = (version: number) => `globalThis.count = (globalThis.count ?? 0) + 1;
return { version: ${version}, count: globalThis.count, pid: process.pid };`;

  it('uses a process again for the same code, and never for another', async () => {
    const first = (await run(counting(1))) as { pid: number };
    const again = await run(counting(1));
    expect(again).toEqual({ version: 1, count: 2, pid: first.pid });
    const other = (await run(counting(2))) as { pid: number };
    expect(other).toMatchObject({ version: 2, count: 1 });
    expect(other.pid).not.toBe(first.pid);
  });

  it('gives a process that was asked to stop to no other task', async () => {
    const body = `
if (input.wait) {
  task.progress(0.5, String(process.pid));
  await new Promise((r) => task.signal.addEventListener('abort', r));
}
return { pid: process.pid };`;
    const stop = new AbortController();
    let stopped = '';
    const onProgress = ({ message }: { message: string | null }) => {
      if (message === null) return;
      stopped = message;
      stop.abort();
    };
    const failure = await failureOf(run(body, { input: { wait: true }, signal: stop.signal, onProgress }));
    expect(failure.kind).toBe('cancelled');
    const next = (await run(body)) as { pid: number };
    expect(String(next.pid)).not.toBe(stopped);
  });

  it('runs two versions of one step at once', async () => {
    const slow = (version: number) => `await new Promise((r) => setTimeout(r, 300)); return { version: ${version} };`;
    expect(await Promise.all([run(slow(1), { path: 'v1' }), run(slow(2), { path: 'v2' })])).toEqual([
      { version: 1 },
      { version: 2 },
    ]);
  });

  it.each<Isolation>(['process', 'thread'])(
    'keeps what a finished task still says out of the next one: %s',
    async (isolation) => {
      const body = `
if (input.first) {
  setTimeout(() => { console.log('late'); console.error('late'); task.log.info('late'); }, 100);
  return {};
}
await new Promise((r) => setTimeout(r, 300));
console.log('own');
return {};`;
      const settings = { isolation };
      await run(body, { path: `first-${isolation}`, settings, input: { first: true } });
      await run(body, { path: `second-${isolation}`, settings });
      expect((await logOf(fixture.stores, `first-${isolation}`)).map(({ text }) => text)).toEqual([]);
      expect((await logOf(fixture.stores, `second-${isolation}`)).map(({ text }) => text)).toEqual(['own']);
    },
  );

  it('knows the end of what a task printed, whatever that does with its streams', async () => {
    const body = `process.stdout.write = () => true; console.log('nobody hears this'); return {};`;
    const before = performance.now();
    await run(body);
    expect(performance.now() - before).toBeLessThan(4_000);
  });

  it('shows what a module prints that an earlier task has loaded', async () => {
    const log = `const lines = [];
setInterval(() => { for (const line of lines.splice(0)) console.log(line); }, 20).unref();`;
    const body = `lines.push('line of ' + input.name); await new Promise((r) => setTimeout(r, 200)); return {};`;
    const { digest } = await fixture.packageOf(`${log}\n${stepModule(body)}`);
    for (const name of ['one', 'two']) {
      await runTask(fixture.host, dispatchOf({ kind: 'package', digest }, { path: name, input: { name } }));
      expect((await logOf(fixture.stores, name)).map(({ text }) => text)).toEqual([`line of ${name}`]);
    }
  });
});

describe.each<Isolation>(['process', 'thread'])('what a task leaves behind in a %s', (isolation) => {
  const settings = { isolation };
  /** A step that does `first` when it is asked to, and tells where it runs. */
  const leaving = (first: string) => async (isFirst: boolean) => {
    const body = `
if (input.isFirst) { ${first} }
return { pid: process.pid, thread: require('node:worker_threads').threadId };`;
    return run(body, { settings, input: { isFirst } });
  };

  it.each([
    ['never ends', 'setTimeout(() => { for (;;); }, 0);'],
    ['throws', "setImmediate(() => { throw new Error('late'); });"],
    ['throws in a timer', "setTimeout(() => { throw new Error('late'); }, 0);"],
    ['ends the process', 'setImmediate(() => process.exit(3));'],
  ])('and %s at once costs no other task', async (_, left) => {
    const task = leaving(left);
    const first = await task(true);
    expect(await task(false)).not.toEqual(first);
  });

  it('and never ends later holds the next one up for some seconds, and fails it not', async () => {
    const task = leaving('setTimeout(() => { for (;;); }, 30);');
    const first = await task(true);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = performance.now();
    expect(await task(false)).not.toEqual(first);
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  it('and throws late fails no other that comes meanwhile', async () => {
    const late = 'const end = Date.now() + 1_500; while (Date.now() < end); throw new Error("late");';
    const task = leaving(`setTimeout(() => { ${late} }, 30);`);
    const first = await task(true);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = performance.now();
    expect(await task(false)).not.toEqual(first);
    expect(performance.now() - before).toBeLessThan(4_000);
  });

  it('and ends the process later may be what ended the next one, whose failure says so', async () => {
    const body = `
if (input.isFirst) setTimeout(() => process.exit(3), 300);
else await new Promise(() => setTimeout(() => undefined, 10_000));
return {};`;
    await run(body, { settings, input: { isFirst: true } });
    const failure = await failureOf(run(body, { settings }));
    expect(failure).toMatchObject({ kind: 'crash', name: 'HandlerExited' });
    expect(failure.message).toContain('An earlier task of the same code');
  });

  it('and ends well lets the next one have its place', async () => {
    const task = leaving('setTimeout(() => { globalThis.late = true; }, 0); setImmediate(() => undefined);');
    const first = await task(true);
    expect(await task(false)).toEqual(first);
  });

  it('holds up no result', async () => {
    const body = 'setTimeout(() => { for (;;); }, 0); return { at: Date.now() };';
    const { at } = (await run(body, { settings })) as { at: number };
    expect(Date.now() - at).toBeLessThan(900);
  });
});

describe('the line for a child', () => {
  const NEVER = new AbortController().signal;
  const cores = availableParallelism();
  let pool: HandlerPool;
  const spec = (): ChildSpec => ({
    isolation: 'thread',
    entry: fixture.settings.files?.entry ?? '',
    code: 'any',
    memory: null,
    env: {},
    secrets: '',
  });
  /** All that may be at work at once before others have to wait. */
  const takeAll = () => Promise.all(Array.from({ length: cores }, () => pool.acquire(spec(), NEVER)));

  beforeAll(() => {
    pool = createHandlerPool();
  });
  afterAll(() => pool.close());

  it('is left by what is cancelled, which takes no child', async () => {
    const taken = await takeAll();
    const stop = new AbortController();
    const waiting = pool.acquire(spec(), stop.signal);
    stop.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
    await expect(pool.acquire(spec(), stop.signal)).rejects.toThrow('cancelled');
    for (const child of taken) pool.release(child, true);
    const again = await takeAll();
    expect(new Set(again)).toEqual(new Set(taken));
    for (const child of again) pool.release(child, true);
  });

  it('gets the child that comes back', async () => {
    const taken = await takeAll();
    const waiting = pool.acquire(spec(), NEVER);
    const [first, ...others] = taken;
    if (first) pool.release(first, true);
    const next = await waiting;
    expect(next).toBe(first);
    for (const child of [next, ...others]) pool.release(child, true);
  });

  it('is empty once the pool is closed, and starts nothing more', async () => {
    await takeAll();
    const refused = expect(pool.acquire(spec(), NEVER)).rejects.toThrow('shut down');
    await pool.close();
    await refused;
    await expect(pool.acquire(spec(), NEVER)).rejects.toThrow('shut down');
  });
});

it('stops a task that waits in line at once, and leaves the warm children to others', async () => {
  const body = `await new Promise((r) => setTimeout(r, input.ms)); return { pid: process.pid };`;
  const first = Array.from({ length: availableParallelism() }, () => run(body, { input: { ms: 1_500 } }));
  await new Promise((resolve) => setTimeout(resolve, 700));
  const stops = Array.from({ length: 4 }, () => new AbortController());
  const queued = stops.map(({ signal }) => failureOf(run(body, { input: { ms: 1 }, signal })));
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (const stop of stops) stop.abort();
  expect((await Promise.all(queued)).map(({ kind }) => kind)).toEqual(stops.map(() => 'cancelled'));
  expect(await Promise.all(first)).toContainEqual(await run(body, { input: { ms: 1 } }));
});
