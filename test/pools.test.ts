import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { millrace } from './support/command-line.ts';
import { type EmbeddedSystem, ended, startEmbedded } from './support/embedded-system.ts';
import { attemptCounts } from './support/run-facts.ts';
import { until } from './support/until.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });
const POOLED = resolve('test/support/pooled-pipeline.suite.ts');
const SINGLE = resolve('test/support/single-pipeline.suite.ts');

let folder = '';
let system: EmbeddedSystem;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-pools-'));
  system = await startEmbedded(join(folder, 'home'));
});
afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => rm(join(folder, 'ledger'), { force: true }));

const hold = () => writeFile(join(folder, 'hold'), '');
const release = () => rm(join(folder, 'hold'), { force: true });
const end = (runId: string) => ended(system.client(), runId);
const command = (...args: string[]) => millrace(...args, '--home', system.home);

async function ledger(): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'ledger'), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

const begun = (count: number) =>
  until(`${count} have begun`, async () => (await ledger()).filter((line) => line.startsWith('begin')).length >= count);

/** The most that were under way together. What was killed never ended: its next attempt takes its place. */
async function mostAtOnce(): Promise<number> {
  const underWay = new Set<string>();
  let most = 0;
  for (const line of await ledger()) {
    const [what, name = ''] = line.split(' ');
    if (what === 'begin') underWay.add(name);
    else underWay.delete(name);
    most = Math.max(most, underWay.size);
  }
  return most;
}

async function submit(file: string, params: Readonly<Record<string, unknown>>, ...options: string[]): Promise<string> {
  const given = { folder, ...params };
  const words = Object.entries(given).map(([name, value]) =>
    typeof value === 'string' ? `${name}=${value}` : `${name}=${JSON.stringify(value)}`,
  );
  const { code, out, err } = await command('run', file, ...words, '--detach', '-o', 'json', ...options);
  if (code !== 0) throw new Error(err);
  return JSON.parse(out).run.id;
}

const waitingTask = (runId: string) =>
  until(`a task of run ${runId} waits`, async () =>
    (await system.client().run(runId)).tasks.some(({ kind, status }) => kind === 'task' && status === 'waiting'),
  );

describe('pools', () => {
  it('that are not there refuse the run, with the command that makes them', async () => {
    const { code, err } = await command('run', POOLED, `folder=${folder}`, 'loads=["a"]', '--detach');
    expect(code).toBe(2);
    expect(err).toContain("takes slots of pool 'warehouse', which there is not");
    expect(err).toContain('millrace pools set warehouse SLOTS');
  });

  it('hold over all runs, and tell each what it waits for', async () => {
    expect((await command('pools', 'set', 'warehouse', '1')).out).toContain('warehouse: 0 of 1 slots taken');
    await hold();
    const first = await submit(POOLED, { loads: ['a', 'b', 'c'] });
    await begun(1);
    const second = await submit(POOLED, { loads: ['d', 'e'] });
    await waitingTask(second);
    const said = await command('runs', 'get', second);
    expect(said.out).toContain(`waits for pool warehouse: 1 of 1 taken, by run ${first} loads[`);
    const pool = await system.client().pool('warehouse');
    // Of each run one stands in line.
    expect([pool.holds.length, pool.waits.map(({ runId }) => runId).sort()]).toEqual([1, [first, second].sort()]);
    expect((await command('pools', 'delete', 'warehouse')).err).toContain('in use');
    await release();
    for (const run of [first, second]) expect((await end(run)).run.status).toBe('succeeded');
    expect(await mostAtOnce()).toBe(1);
    expect(await ledger()).toHaveLength(10);
    expect(await system.client().pool('warehouse')).toMatchObject({ holds: [], waits: [] });
  });

  it('keep the slot of a task whose worker is killed until its next attempt has ended', async () => {
    await hold();
    const first = await submit(POOLED, { loads: ['a'] });
    await begun(1);
    const second = await submit(POOLED, { loads: ['b'] });
    await waitingTask(second);
    await system.kill('workers');
    await begun(2);
    expect(await ledger()).toEqual(['begin a 1', 'begin a 2']);
    await release();
    const details = await Promise.all([end(first), end(second)]);
    expect(details.map(({ run }) => run.status)).toEqual(['succeeded', 'succeeded']);
    expect(attemptCounts(details[0])).toEqual({ 'loads[0]/load': 2 });
    expect((await ledger()).slice(2)).toEqual(['end a 2', 'begin b 1', 'end b 1']);
  });

  it('give the slot of a run that is ended at once to the next', async () => {
    await hold();
    const first = await submit(POOLED, { loads: ['a'] });
    await begun(1);
    const second = await submit(POOLED, { loads: ['b'] });
    await waitingTask(second);
    await system.client().cancelRun(first, { now: true });
    await begun(2);
    await release();
    expect((await end(second)).run.status).toBe('succeeded');
  });

  it('that become larger let more through at once', async () => {
    await hold();
    const run = await submit(POOLED, { loads: ['a', 'b', 'c'] });
    await begun(1);
    await waitingTask(run);
    await command('pools', 'set', 'warehouse', '3');
    await begun(3);
    await release();
    expect((await end(run)).run.status).toBe('succeeded');
    await command('pools', 'set', 'warehouse', '1');
  });

  it('limit a queue over all runs', async () => {
    await command('pools', 'set', 'queue:cpu', '2');
    const runs = await Promise.all(
      [
        ['a', 'b', 'c'],
        ['d', 'e', 'f'],
      ].map((frees) => submit(POOLED, { frees })),
    );
    for (const run of runs) expect((await end(run)).run.status).toBe('succeeded');
    expect(await mostAtOnce()).toBe(2);
    await command('pools', 'delete', 'queue:cpu');
  });
});

describe('runs of a pipeline that has one at a time', () => {
  const pending = (runId: string) =>
    until(`run ${runId} waits`, async () => {
      const { run, pools } = await system.client().run(runId);
      return run.status === 'pending' && pools.length > 0;
    });

  it('wait as pending, say for which, and begin in the order in which they came', async () => {
    await hold();
    const first = await submit(SINGLE, { what: 'a' });
    await begun(1);
    const second = await submit(SINGLE, { what: 'b' });
    await pending(second);
    const third = await submit(SINGLE, { what: 'c' }, '--priority', '5');
    await pending(third);
    const urgent = await submit(SINGLE, { what: 'd' }, '--priority', '1');
    await pending(urgent);
    expect((await command('runs', 'get', second)).out).toContain(
      `waits for run ${first} of this pipeline (at most 1 at once, and 1 before it in line)`,
    );
    await release();
    for (const run of [first, second, third, urgent]) expect((await end(run)).run.status).toBe('succeeded');
    const began = (await ledger()).filter((line) => line.startsWith('begin')).map((line) => line.split(' ')[1]);
    expect(began).toEqual(['a', 'd', 'b', 'c']);
    expect(await mostAtOnce()).toBe(1);
  });

  it('leave their line while they are paused, and stand in it again when they go on', async () => {
    await hold();
    const first = await submit(SINGLE, { what: 'a' });
    await begun(1);
    const paused = await submit(SINGLE, { what: 'b' });
    const third = await submit(SINGLE, { what: 'c' });
    await pending(paused);
    await pending(third);
    await command('runs', 'pause', paused);
    await until('it has left the line', async () => (await system.client().run(paused)).pools.length === 0);
    await release();
    for (const run of [first, third]) expect((await end(run)).run.status).toBe('succeeded');
    expect((await system.client().run(paused)).run.status).toBe('pending');
    await command('runs', 'unpause', paused);
    expect((await end(paused)).run.status).toBe('succeeded');
  });

  it('begin when the one before is ended at once, and end when they are cancelled while they wait', async () => {
    await hold();
    const first = await submit(SINGLE, { what: 'a' });
    await begun(1);
    const second = await submit(SINGLE, { what: 'b' });
    const third = await submit(SINGLE, { what: 'c' });
    await pending(second);
    await pending(third);
    await system.client().cancelRun(third);
    expect((await end(third)).run).toMatchObject({ status: 'cancelled', startedAt: null });
    await system.client().cancelRun(first, { now: true });
    await begun(2);
    await release();
    expect((await end(second)).run.status).toBe('succeeded');
    expect((await ledger()).some((line) => line.startsWith('begin c'))).toBe(false);
  });
});

describe('priority', () => {
  it('lets tasks of a later run overtake those that lie in the queue', async () => {
    await hold();
    const names = Array.from({ length: 60 }, (_, index) => `w${index}`);
    const wide = await submit(POOLED, { frees: names });
    await begun(4);
    const urgent = await submit(POOLED, { frees: ['u0', 'u1'] }, '--priority', '1');
    await until('its tasks are sent', async () => (await system.client().run(urgent)).tasks.length >= 3);
    const before = (await ledger()).length;
    await release();
    const details = await Promise.all([end(wide), end(urgent)]);
    expect(details.map(({ run }) => [run.status, run.priority])).toEqual([
      ['succeeded', null],
      ['succeeded', 1],
    ]);
    const began = (await ledger())
      .slice(before)
      .filter((line) => line.startsWith('begin'))
      .map((line) => line.split(' ')[1] ?? '');
    const last = Math.max(began.indexOf('u0'), began.indexOf('u1'));
    // What workers took before may come first.
    expect(began.length - last).toBeGreaterThan(20);
    expect((await command('runs', 'get', urgent)).out).toContain('priority 1');
  });
});
