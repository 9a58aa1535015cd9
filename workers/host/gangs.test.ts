import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CodeRef } from '../../ir/compiled-pipeline.ts';
import { keyNow } from './look-up.ts';
import {
  dispatchOf,
  failureOf,
  type HostFixture,
  logOf,
  openHost,
  RUN,
  runTask,
  SETTINGS,
  stepModule,
} from './task-host.suite.ts';
import { createTaskHost } from './task-host.ts';

let fixture: HostFixture;
beforeAll(async () => {
  fixture = await openHost();
});
afterAll(() => fixture.close());

const attemptsOf = (path: string) => fixture.stores.metadata.tasks.attempts(RUN, path);

interface Ranks {
  readonly path: string;
  readonly size: number;
  readonly ranks?: readonly number[];
  readonly attempt?: number;
  readonly signal?: AbortSignal;
  readonly cpu?: number;
  readonly implementation?: { readonly kind: 'process'; readonly command: readonly string[]; readonly files: [] };
}

/** Starts replicas as the interpreter would, all of them unless it is said which. */
function startRanks(code: CodeRef, { path, size, ranks, attempt, signal, cpu, implementation }: Ranks) {
  const resources = { ...SETTINGS.resources, cpu: cpu ?? null, replicas: size };
  const dispatch = dispatchOf(code, {
    path,
    settings: { resources },
    ...(implementation ? { contract: { implementation } } : {}),
  });
  const options = { ...(attempt ? { attempt } : {}), ...(signal ? { signal } : {}) };
  return (ranks ?? Array.from({ length: size }, (_, rank) => rank)).map((rank) =>
    runTask(fixture.host, { ...dispatch, replica: { rank, roomWithinMs: 20_000 } }, options),
  );
}

async function codeOf(body: string): Promise<CodeRef> {
  const { digest } = await fixture.packageOf(stepModule(body));
  return { kind: 'package', digest };
}

describe('replicas', () => {
  it('begin together, each with its rank and the addresses of all, and rank 0 answers', async () => {
    const code = await codeOf(`
const { rank, size, peers } = task.gang;
const env = ['MILLRACE_RANK', 'MILLRACE_WORLD_SIZE', 'MILLRACE_PEERS', 'MASTER_ADDR', 'MASTER_PORT', 'RANK', 'WORLD_SIZE'];
console.log('I am', rank);
task.metrics({ rank });
return { rank, size, peers, env: env.map((name) => process.env[name]) };`);
    const [first, ...others] = await Promise.all(startRanks(code, { path: 'told', size: 3 }));
    expect(others).toEqual([null, null]);
    const { peers, ...told } = first as { peers: { host: string; port: number }[] };
    expect(new Set(peers.map(({ port }) => port)).size).toBe(3);
    const addresses = peers.map(({ host, port }) => `${host}:${port}`).join(',');
    expect(told).toEqual({
      ...{ rank: 0, size: 3 },
      env: ['0', '3', addresses, '127.0.0.1', String(peers[0]?.port), '0', '3'],
    });
    expect((await logOf(fixture.stores, 'told@2')).map(({ text }) => text)).toContain('I am 2');
    expect((await logOf(fixture.stores, 'told')).map(({ text }) => text)).toEqual(['I am 0']);
    const { items } = await fixture.stores.metadata.tasks.points(RUN, { path: 'told@1' });
    expect(items).toMatchObject([{ name: 'rank', value: 1 }]);
  });

  it('do not begin while one has no place, and leave no attempt when they are stopped', async () => {
    const code = await codeOf('return {};');
    const stop = new AbortController();
    const lone = startRanks(code, { path: 'alone', size: 2, ranks: [1], signal: stop.signal }).map(failureOf);
    setTimeout(() => stop.abort(), 500);
    expect(await lone[0]).toMatchObject({ kind: 'cancelled' });
    expect(await attemptsOf('alone@1')).toEqual([]);
  });

  it('give their places to those that go before, when neither can begin', async () => {
    const code = await codeOf('return { rank: task.gang.rank };');
    // The host has four cores: each gang has half of its places.
    const a = startRanks(code, { path: 'a-first', size: 2, ranks: [0], cpu: 2 });
    const b = startRanks(code, { path: 'b-later', size: 2, ranks: [0], cpu: 2 }).map(failureOf);
    const rest = startRanks(code, { path: 'a-first', size: 2, ranks: [1], cpu: 2 });
    expect(await b[0]).toMatchObject({ kind: 'worker', name: 'NotGathered', retryable: true });
    expect(await Promise.all([...a, ...rest])).toEqual([{ rank: 0 }, null]);
    expect(await attemptsOf('b-later')).toEqual([]);
    expect(await Promise.all(startRanks(code, { path: 'b-later', size: 2, cpu: 2, attempt: 2 }))).toEqual([
      { rank: 0 },
      null,
    ]);
  });

  it('that find no room on a worker leave it to be sent to another, and leave no attempt', async () => {
    const code = await codeOf('return {};');
    const stop = new AbortController();
    const holder = startRanks(code, { path: 'holder', size: 2, ranks: [0], cpu: 4, signal: stop.signal }).map(
      failureOf,
    );
    const resources = { ...SETTINGS.resources, cpu: 1, replicas: 2 };
    const dispatch = dispatchOf(code, { path: 'roomless', settings: { resources } });
    const sent = runTask(fixture.host, { ...dispatch, replica: { rank: 1, roomWithinMs: 200 } });
    expect(await failureOf(sent)).toMatchObject({ kind: 'worker', name: 'NoRoom', retryable: true });
    expect(await attemptsOf('roomless@1')).toEqual([]);
    stop.abort();
    await Promise.all(holder);
  });

  it('of an earlier attempt find themselves replaced', async () => {
    const code = await codeOf('return {};');
    await Promise.all(startRanks(code, { path: 'late', size: 2, attempt: 2 }));
    const [late] = startRanks(code, { path: 'late', size: 2, ranks: [1] }).map(failureOf);
    expect(await late).toMatchObject({ name: 'AttemptReplaced', retryable: false });
  });

  it('go on from what rank 0 has saved, and no other may save', async () => {
    const path = 'saved';
    const saves = await codeOf(`
if (task.gang.rank === 0) await task.checkpoint({ epoch: 3 });
throw new Error('once');`);
    await Promise.all(startRanks(saves, { path, size: 2 }).map(failureOf));
    const reads = await codeOf(`console.log('from', task.lastCheckpoint.epoch); return {};`);
    await Promise.all(startRanks(reads, { path, size: 2, attempt: 2 }));
    expect((await logOf(fixture.stores, 'saved@1')).map(({ text }) => text)).toContain('from 3');
    const all = await codeOf('await task.checkpoint({}); return {};');
    const [, refused] = startRanks(all, { path: 'both', size: 2 }).map((end) => failureOf(end).catch(() => null));
    expect(await refused).toMatchObject({ kind: 'contract', name: 'CheckpointOfRank' });
  });

  it('on another machine cannot be reached at loopback, which is said before they begin', async () => {
    const code = await codeOf('return {};');
    const end = startRanks(code, { path: 'far', size: 2, ranks: [0] }).map(failureOf);
    const { gangs } = fixture.stores.metadata;
    const now = Date.now();
    const far = {
      runId: RUN,
      path: 'far',
      attempt: 1,
      rank: 1,
      size: 2,
      queue: SETTINGS.resources.queue,
      delivery: 'far',
      joins: true,
      machine: 'far-away',
      host: '10.0.0.9',
      port: 9,
    };
    await gangs.gather({ ...far, leaseUntil: now + 20_000 }, now);
    const failure = await end[0];
    expect(failure).toMatchObject({ kind: 'environment', name: 'UnreachableReplica', retryable: false });
    expect(failure?.message).toContain('Start it with MILLRACE_WORKER_HOST');
  });

  /** Two of them under a key, the second a little slower. @returns rank 0's output and what was kept, once both have ended */
  const endOfTwo = async (path: string, endOfSlower: string) => {
    const code = await codeOf(`
if (task.gang.rank === 0) return { made: true };
await new Promise((resolve) => setTimeout(resolve, 300));
${endOfSlower}`);
    const { cache, resources } = SETTINGS;
    const settings = { cache: { ...cache, policy: 'on' }, resources: { ...resources, replicas: 2 } } as const;
    const dispatch = dispatchOf(code, { path, settings });
    const key = (await keyNow(dispatch, fixture.settings.secrets))?.key ?? '';
    const stop = new AbortController();
    const rankOf = (rank: number, cacheKey: string | null) =>
      runTask(
        fixture.host,
        { ...dispatch, cacheKey, replica: { rank, roomWithinMs: 20_000 } },
        { signal: stop.signal },
      );
    const first = rankOf(0, key);
    // As the interpreter does when one fails.
    await rankOf(1, null).catch(() => stop.abort());
    return { output: await first, kept: (await fixture.stores.metadata.cache.get([key])).get(key)?.output };
  };

  it('keep what rank 0 gives for later runs once all have succeeded, and not when one fails after it', async () => {
    expect(await endOfTwo('kept', 'return {};')).toEqual({ output: { made: true }, kept: { made: true } });
    const { kept } = await endOfTwo('not-kept', "throw new Error('later');");
    expect(kept).toBeUndefined();
  });

  it('of a command find their peers in the environment, and rank 0 alone writes an output', async () => {
    const script = join(fixture.home, 'rank.sh');
    await writeFile(script, 'if [ "$RANK" = 0 ]; then echo "{\\"size\\": $WORLD_SIZE}" > "$MILLRACE_OUTPUT"; fi\n');
    const implementation = { kind: 'process', command: ['sh', script], files: [] } as const;
    const manifest = await fixture.filesOf({ 'none.txt': '' });
    const code: CodeRef = { kind: 'package', digest: manifest.digest };
    const ends = startRanks(code, { path: 'command', size: 2, implementation: { ...implementation, files: [] } });
    expect(await Promise.all(ends)).toEqual([{ size: 2 }, null]);
  });

  it('end with the worker that is shut down while they gather, and go elsewhere', async () => {
    const other = createTaskHost(fixture.settings);
    const code = await codeOf('return {};');
    const resources = { ...SETTINGS.resources, replicas: 2 };
    const dispatch = dispatchOf(code, { path: 'closing', settings: { resources } });
    const waiting = failureOf(runTask(other, { ...dispatch, replica: { rank: 0, roomWithinMs: 1_000 } }));
    setTimeout(() => void other.close(), 300);
    expect(await waiting).toMatchObject({ kind: 'worker', name: 'NotBegun' });
  });

  it('may have begun once their port is told, and then do not say that they have not', async () => {
    const other = createTaskHost(fixture.settings);
    const path = 'closing-late';
    const dispatch = dispatchOf(await codeOf('return {};'), {
      path,
      settings: { resources: { ...SETTINGS.resources, replicas: 2 } },
    });
    const waiting = failureOf(runTask(other, { ...dispatch, replica: { rank: 0, roomWithinMs: 1_000 } }));
    const { gangs } = fixture.stores.metadata;
    const peer = { runId: RUN, path, attempt: 1, rank: 1, size: 2, queue: 'cpu', delivery: 'peer', joins: true };
    const look = { ...peer, machine: hostname(), host: '127.0.0.1', port: null };
    const hasTold = async () => {
      const state = await gangs.gather({ ...look, leaseUntil: Date.now() + 20_000 }, Date.now());
      return state.kind === 'gathered' && state.replicas.some(({ port }) => port !== null);
    };
    while (!(await hasTold())) await new Promise((resolve) => setTimeout(resolve, 50));
    await other.close();
    expect(await waiting).toMatchObject({ kind: 'worker', name: 'WorkerShutDown' });
  });
});
