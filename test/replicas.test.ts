import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunDetail } from '../server/client.ts';
import { millrace, millraceIn, startMillrace } from './support/command-line.ts';
import { type EmbeddedSystem, ended, startEmbedded } from './support/embedded-system.ts';
import { linkPackages } from './support/flights-example.ts';
import { attemptCounts } from './support/run-facts.ts';
import { until } from './support/until.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });
const PIPELINE = resolve('test/support/replicated-pipeline.suite.ts');
/** Two cores a worker: three replicas of one core need two workers, and so do two replicas of two. */
const TWO_CORES = { MILLRACE_WORKER_CPU: '2' };

let folder = '';
let system: EmbeddedSystem;
let second: ReturnType<typeof startMillrace>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-replicas-'));
  await linkPackages(folder);
  system = await startEmbedded(join(folder, 'home'), TWO_CORES);
  second = startMillrace(['worker', '--queues', 'cpu', '--home', system.home], TWO_CORES);
  await once(second.stdout, 'data');
});
afterAll(async () => {
  if (second?.exitCode === null) {
    const gone = once(second, 'exit');
    second.kill('SIGTERM');
    await gone;
  }
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => rm(join(folder, 'ledger'), { force: true }));

interface Entry {
  readonly what: string;
  readonly gang: string;
  readonly rank: number;
  readonly attempt: number;
  readonly worker: number;
}

async function ledger(gang: string): Promise<readonly Entry[]> {
  const text = await readFile(join(folder, 'ledger'), 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines
    .map((line) => line.split(' '))
    .map(([what = '', gang = '', rank, attempt, worker]) => ({
      ...{ what, gang, rank: Number(rank), attempt: Number(attempt), worker: Number(worker) },
    }))
    .filter((entry) => entry.gang === gang);
}

async function submit(gangs: readonly string[] = []): Promise<string> {
  const words = [`folder=${folder}`, `gangs=${JSON.stringify(gangs)}`];
  const { code, out, err } = await millrace('run', PIPELINE, ...words, '--detach', '--home', system.home, '-o', 'json');
  if (code !== 0) throw new Error(err);
  return JSON.parse(out).run.id;
}

interface Fit {
  readonly slope: number;
  readonly offset: number;
  readonly size: number;
}

const fitsOf = ({ run }: RunDetail) => run.output as unknown as { one: Fit; three: Fit; pairs: Fit[] };

function expectTheSameFit({ one, three }: { readonly one: Fit; readonly three: Fit }): void {
  expect([one.size, three.size]).toEqual([1, 3]);
  // The same sums, added up in another order.
  expect(three.slope).toBeCloseTo(one.slope, 10);
  expect(three.offset).toBeCloseTo(one.offset, 10);
}

describe('replicas on workers of their own', () => {
  it('add up their gradients to what one process has, each with its log', async () => {
    const id = await submit();
    const detail = await ended(system.client(), id);
    expect([detail.run.status, detail.run.error]).toEqual(['succeeded', null]);
    expectTheSameFit(fitsOf(detail));
    const begun = await ledger('three');
    expect(new Set(begun.map(({ worker }) => worker)).size).toBe(2);
    expect(attemptCounts(detail).three).toBe(1);
    const logs = await millrace('runs', 'logs', id, '--path', 'three', '--rank', '2', '--home', system.home);
    expect(logs.out).toContain('rank 2 of 3');
    expect(logs.out).not.toContain('rank 0 of 3');
  });

  it('all begin anew when the worker of one is killed, which takes none of their attempts', async () => {
    await writeFile(join(folder, 'hold-1'), '');
    const id = await submit();
    const begun = (attempts: (attempt: number) => boolean) =>
      until('three have begun', async () => (await ledger('three')).filter((e) => attempts(e.attempt)).length >= 3);
    await begun((attempt) => attempt === 1);
    await system.kill('workers');
    await begun((attempt) => attempt > 1);
    await rm(join(folder, 'hold-1'));
    const detail = await ended(system.client(), id);
    expect([detail.run.status, detail.run.error]).toEqual(['succeeded', null]);
    expectTheSameFit(fitsOf(detail));
    const ends = (await ledger('three')).filter(({ what }) => what === 'end');
    // Those whose worker lived were ended, too: what they were held for is gone, and none of them went on.
    expect(ends.map(({ rank }) => rank).sort()).toEqual([0, 1, 2]);
    expect(ends.every(({ attempt }) => attempt > 1)).toBe(true);
  });

  it('of two gangs get their places one after the other, where there are enough for one', async () => {
    const detail = await ended(system.client(), await submit(['a', 'b']));
    expect([detail.run.status, detail.run.error]).toEqual(['succeeded', null]);
    expect(fitsOf(detail).pairs.map(({ size }) => size)).toEqual([2, 2]);
    for (const gang of ['a', 'b']) expect(await ledger(gang)).toHaveLength(4);
  });

  it('are refused where all workers together could not hold them', async () => {
    const file = join(folder, 'huge.ts');
    await writeFile(file, HUGE);
    const { code, err } = await millrace('run', file, '--detach', '--home', system.home);
    expect(code).not.toBe(0);
    expect(err).toContain('it asks for 40 replicas at once, and the 2 workers on queue cpu can hold 4 in all');
  });
});

const HUGE = `import { definePipeline, defineStep } from 'millrace';
import { z } from 'zod';
const work = defineStep({ name: 'work', input: z.object({}), output: z.object({}), resources: { replicas: 40, cpu: 1 } })
  .implement(() => ({}));
export default definePipeline({ name: 'huge' }, () => work({}));
`;

it('replicas of a run in one process are the same, and refused where the machine cannot hold them', async () => {
  const home = join(folder, 'local');
  const local = (cpu: string) =>
    millraceIn(
      { MILLRACE_WORKER_CPU: cpu },
      ...['run', PIPELINE, `folder=${folder}`, '--local', '--home', home, '-o', 'json'],
    );
  const { code, out, err } = await local('4');
  if (code !== 0) throw new Error(err);
  expectTheSameFit(fitsOf(JSON.parse(out) as RunDetail));
  const small = await local('1');
  expect(small.code).not.toBe(0);
  expect(`${small.out}${small.err}`).toContain('asks for 3 replicas at once, and this machine can hold 1');
});
