import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from '../../platform/process-identity.ts';
import { builtFile } from '../testing/built-files.suite.ts';
import { endLeftOvers } from './left-overs.ts';
import type { PartSpec } from './part-spec.ts';
import { findRunningSystem } from './running-system.ts';
import { type SystemPlan, superviseSystem } from './supervise-system.ts';
import { type Part, readSystemRecord, type SystemRecord } from './system-file.ts';
import { takeSystemLock } from './system-lock.ts';

/** Says that it is ready, and stays until its parent is gone or it is told to end. */
const STEADY = `process.send({ kind: 'ready' }); process.on('disconnect', () => process.exit(0)); setInterval(() => {}, 1000);`;
/** The same without IPC: what Temporal is to the supervisor. */
const FOREIGN = 'setInterval(() => {}, 1000);';
const URLS = { api: 'http://127.0.0.1:1', serving: 'http://127.0.0.1:2', temporal: '127.0.0.1:3' };

describe('a supervised system', () => {
  let home = '';
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'millrace-system-'));
  });
  afterEach(async () => {
    await endLeftOvers(home);
    await rm(home, { recursive: true, force: true });
  });

  const part = async (name: Part, source: string): Promise<PartSpec> => {
    const script = join(home, `${name}.cjs`);
    await writeFile(script, source);
    return {
      part: name,
      command: process.execPath,
      args: [script],
      env: { PART_HOME: home },
      ready: 'ipc',
      graceMs: 2_000,
    };
  };
  const plan = (parts: SystemPlan['parts'], onEvent: SystemPlan['onEvent'] = () => {}): SystemPlan => ({
    home,
    project: 'default',
    queues: null,
    temporal: 'Temporal: none',
    metadata: null,
    urls: URLS,
    parts,
    onEvent,
    backoff: { firstMs: 20, maxMs: 100, healthyMs: 60_000 },
  });
  const record = async (): Promise<SystemRecord> => (await readSystemRecord(home)) ?? expect.fail('no system.json');
  const until = async (holds: () => Promise<boolean> | boolean): Promise<void> => {
    while (!(await holds())) await delay(20);
  };

  it('starts its parts together, writes down who they are, and leaves nothing behind', async () => {
    const order: string[] = [];
    const api = await part('api', `setTimeout(() => { ${STEADY} }, 100)`);
    const workers = await part('workers', STEADY);
    const system = await superviseSystem(
      plan([api, workers], (name, event) => void order.push(`${name} ${event.kind}`)),
    );
    expect(order).toEqual(['api started', 'workers started', 'workers ready', 'api ready']);
    const up = await findRunningSystem(home);
    expect(up?.urls).toEqual(URLS);
    const identities = Object.values(up?.parts ?? {});
    expect(identities).toHaveLength(2);
    await system.stop();
    for (const identity of identities) expect(await isAlive(identity)).toBe(false);
    expect(existsSync(join(home, 'system.json'))).toBe(false);
  });

  it('starts a part that crashed again, each time, and records the new process', async () => {
    const crashes: string[] = [];
    const api = await part('api', STEADY);
    const system = await superviseSystem(
      plan([api], (_, event) => void (event.kind === 'crashed' && crashes.push(`${event.how} ${event.againInMs}`))),
    );
    for (const count of [1, 2]) {
      const before = (await record()).parts.api?.pid ?? 0;
      process.kill(before, 'SIGKILL');
      await until(async () => crashes.length === count && (await record()).parts.api?.pid !== before);
    }
    expect(crashes).toEqual(['signal SIGKILL 20', 'signal SIGKILL 40']);
    await system.stop();
  });

  it('records a part that it started while the record could not be written, and ends all the same', async () => {
    let lives = 0;
    const api = await part('api', STEADY);
    const system = await superviseSystem(plan([api], (_, event) => void (event.kind === 'ready' && lives++)));
    const before = (await record()).parts.api?.pid ?? 0;
    // Where the record is written first: as on a full disk, nothing can be.
    const inTheWay = join(home, `system.json.${process.pid}`);
    await mkdir(inTheWay);
    process.kill(before, 'SIGKILL');
    await until(() => lives === 2);
    expect((await record()).parts.api?.pid).toBe(before);
    await rm(inTheWay, { recursive: true });
    await until(async () => (await record()).parts.api?.pid !== before);
    await mkdir(inTheWay);
    const { api: last } = (await record()).parts;
    await system.stop();
    expect(last && (await isAlive(last))).toBe(false);
  });

  it('stops a part that is waiting to be started again, and it stays ended', async () => {
    const counter = `const fs = require('node:fs'); fs.appendFileSync(process.env.PART_HOME + '/lives', 'x');`;
    const api = await part('api', `${counter} process.send({ kind: 'ready' }, () => process.exit(3));`);
    let crashed = false;
    const system = await superviseSystem({
      ...plan([api], (_, event) => {
        if (event.kind === 'crashed') crashed = true;
      }),
      backoff: { firstMs: 60_000, maxMs: 60_000, healthyMs: 60_000 },
    });
    await until(() => crashed);
    await system.stop();
    expect(await readFile(join(home, 'lives'), 'utf8')).toBe('x');
  });

  it('fails as a whole when a part cannot start, with that part’s reason, and ends the others', async () => {
    let pid = 0;
    const api = await part('api', STEADY);
    const workers = await part('workers', `console.error('Error: no such queue'); process.exit(1);`);
    const starting = superviseSystem(
      plan([api, workers], (name, event) => {
        if (name === 'api' && event.kind === 'started') pid = event.pid;
      }),
    );
    await expect(starting).rejects.toThrow(/workers ended with status 1 .*no such queue/);
    expect(await isAlive({ pid, startedAt: null })).toBe(false);
    expect(existsSync(join(home, 'system.json'))).toBe(false);
  });

  it('ends what it has started when it is stopped while it starts', async () => {
    const stopped = new AbortController();
    const pids: number[] = [];
    const api = await part('api', STEADY);
    const workers = await part('workers', 'setInterval(() => {}, 1000);');
    const starting = superviseSystem({
      ...plan([api, workers], (name, event) => {
        if (event.kind === 'started') pids.push(event.pid);
        if (name === 'workers') stopped.abort();
      }),
      signal: stopped.signal,
    });
    await expect(starting).rejects.toThrow('Stopped while the system was starting.');
    expect(pids).toHaveLength(2);
    for (const pid of pids) expect(await isAlive({ pid, startedAt: null })).toBe(false);
  });

  it('passes on why a part says that it failed', async () => {
    const api = await part(
      'api',
      `process.send({ kind: 'failed', message: 'the store is newer' }, () => process.exit(1));`,
    );
    await expect(superviseSystem(plan([api]))).rejects.toThrow(/store is newer|ended with status 1/);
  });

  it('kills a part that does not end when asked to', async () => {
    const stubborn = { ...(await part('api', `process.on('SIGTERM', () => {}); ${STEADY}`)), graceMs: 200 };
    const system = await superviseSystem(plan([stubborn]));
    const identity = (await record()).parts.api ?? expect.fail('no api');
    await system.stop();
    expect(await isAlive(identity)).toBe(false);
  });

  it('that is killed takes its own processes along, and the next one ends the foreign ones', async () => {
    const api = await part('api', STEADY);
    const temporal = await part('temporal', FOREIGN);
    const supervisor = join(home, 'supervisor.mjs');
    await writeFile(
      supervisor,
      `import { superviseSystem } from ${JSON.stringify(`file://${builtFile('cli/system/supervise-system.js')}`)};
       const plan = ${JSON.stringify({ ...plan([temporal, api]), onEvent: undefined })};
       plan.parts[0].ready = async () => {};
       await superviseSystem({ ...plan, onEvent: () => {} });`,
    );
    const child = spawn(process.execPath, [supervisor], { stdio: ['ignore', 'inherit', 'inherit'] });
    await until(async () => (await findRunningSystem(home)) !== null);
    const { parts } = await record();
    if (parts.api === undefined || parts.temporal === undefined) return expect.fail('parts are missing');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { api: own, temporal: foreign } = parts;
    await until(async () => !(await isAlive(own)));
    expect(await isAlive(foreign)).toBe(true);
    expect(await findRunningSystem(home)).toBeNull();
    expect(await endLeftOvers(home)).toEqual(['temporal']);
    expect(await isAlive(foreign)).toBe(false);
    expect(existsSync(join(home, 'system.json'))).toBe(false);
  });

  it('that is killed before it has recorded its Temporal leaves one that the next supervisor knows by its database', async () => {
    const foreign = spawn(process.execPath, ['-e', FOREIGN, 'start-dev', join(home, 'temporal.db')]);
    await once(foreign, 'spawn');
    const supervisor = { pid: foreign.pid ?? 0, startedAt: 'long ago' };
    await writeFile(
      join(home, 'system.json'),
      JSON.stringify({ project: 'default', supervisor, readyAt: 1, urls: URLS, parts: {} }),
    );
    const ended = once(foreign, 'exit');
    expect(await endLeftOvers(home)).toEqual(['temporal']);
    expect(await ended).toEqual([null, 'SIGTERM']);
  });

  it('does not end a stranger that was given a dead process’ number', async () => {
    const stranger = spawn(process.execPath, ['-e', FOREIGN]);
    await once(stranger, 'spawn');
    const identity = { pid: stranger.pid ?? 0, startedAt: 'long ago' };
    const stale = { project: 'default', supervisor: identity, readyAt: 1, urls: URLS, parts: { temporal: identity } };
    await writeFile(join(home, 'system.json'), JSON.stringify(stale));
    expect(await findRunningSystem(home)).toBeNull();
    expect(await endLeftOvers(home)).toEqual([]);
    expect(stranger.exitCode).toBeNull();
    stranger.kill('SIGKILL');
  });
});

describe('the lock of a home', () => {
  it('is had by one, and is free again when that one is killed', async () => {
    const home = await mkdtemp(join(tmpdir(), 'millrace-lock-'));
    const holder = join(home, 'holder.mjs');
    await writeFile(
      holder,
      `import { takeSystemLock } from ${JSON.stringify(`file://${builtFile('cli/system/system-lock.js')}`)};
       process.stdout.write(takeSystemLock(${JSON.stringify(home)}) === null ? 'no' : 'yes');
       setInterval(() => {}, 1000);`,
    );
    const child = spawn(process.execPath, [holder], { stdio: ['ignore', 'pipe', 'inherit'] });
    expect(String((await once(child.stdout, 'data'))[0])).toBe('yes');
    expect(takeSystemLock(home)).toBeNull();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = takeSystemLock(home);
    expect(lock).not.toBeNull();
    expect(takeSystemLock(home)).toBeNull();
    lock?.release();
    const again = takeSystemLock(home);
    expect(again).not.toBeNull();
    again?.release();
    await rm(home, { recursive: true, force: true });
  });
});
