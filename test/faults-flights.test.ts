import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunDetail } from '../server/client.ts';
import { millrace } from './support/command-line.ts';
import { childrenOf, type EmbeddedSystem, ended, startEmbedded, untilGone } from './support/embedded-system.ts';
import { copyFlights, edit, fewFlights, rowsOf, writeFlights } from './support/flights-example.ts';
import { attemptCounts, outputDigests, runningPaths, statuses } from './support/run-facts.ts';
import { until } from './support/until.ts';

vi.setConfig({ testTimeout: 180_000 });

let folder = '';
let pipeline = '';
let system: EmbeddedSystem;
let runId = '';
const database = () => join(folder, 'predictions.duckdb');

/** A first attempt at training waits after its second epoch, its thread blocked as training blocks it, while a file is there. */
const HOLD = `import { existsSync } from 'node:fs';
function hold(epoch: number, attempt: number): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (epoch === 2 && attempt === 1 && existsSync('FILE')) Atomics.wait(cell, 0, 0, 20);
}
`;

/** The flights example, its training long enough and its chunks small enough for a process to die among them. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-faults-flights-'));
  await writeFlights(join(folder, 'flights.parquet'), 60);
  pipeline = await copyFlights(join(folder, 'flights'));
  const train = join(folder, 'flights/steps/train.ts');
  await edit(train, 'default(1),\n    seed', 'default(4),\n    seed');
  await edit(train, 'logLoss = loss;', 'logLoss = loss;\n      hold(epoch, task.attempt);');
  await edit(train, '/** Learns', `${HOLD.replace('FILE', join(folder, 'hold'))}/** Learns`);
  await edit(join(folder, 'flights/learning.ts'), 'rows: holdout,', 'rows: holdout, chunkRows: 500,');
  await edit(pipeline, 'rows: score,', 'rows: score, chunkRows: 500,');
  // Few places for tasks on any machine: chunks are to come in waves, not all at once.
  system = await startEmbedded(join(folder, 'home'), { MILLRACE_WORKER_CPU: '2' });
});
afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function underWay(): Promise<RunDetail> {
  const detail = await system.client().run(runId);
  if (detail.run.endedAt !== null) throw new Error(`The run ended too soon: ${detail.run.status}, ${detail.run.error}`);
  return detail;
}

/** Kills a part as soon as some tasks under a path are done and others are under way. */
async function killAmong(
  part: 'workers' | 'temporal',
  path: string,
): Promise<{ before: RunDetail; lost: readonly string[] }> {
  const client = system.client();
  const before = await until(`${path} is half done`, async () => {
    const detail = await underWay();
    const inside = detail.attempts.filter((attempt) => attempt.path.startsWith(path));
    const isHalfDone =
      inside.some(({ status }) => status === 'succeeded') && inside.some(({ status }) => status === 'running');
    return isHalfDone ? detail : null;
  });
  await system.kill(part);
  return { before, lost: runningPaths(await client.run(runId)) };
}

/** What the store knew as finished before a fault was not begun again after it. */
function expectNotAgain(before: RunDetail, after: RunDetail): void {
  const done = Object.entries(statuses(before)).filter(([, status]) => status === 'succeeded');
  const counts = [attemptCounts(before), attemptCounts(after)];
  expect(done.map(([path]) => [path, counts[1]?.[path]])).toEqual(done.map(([path]) => [path, counts[0]?.[path]]));
}

const TRIALS = ['trials[0]/train', 'trials[1]/train'];

describe('the flights example', () => {
  const faults: RunDetail[] = [];

  it('goes on when its worker is killed in the middle of training', async () => {
    await writeFile(join(folder, 'hold'), '');
    runId = await system.submit(pipeline, fewFlights(join(folder, 'flights.parquet'), database()));
    const before = await until('both trials are half done', async () => {
      const detail = await underWay();
      const trials = detail.attempts.filter(({ path, progress }) => TRIALS.includes(path) && (progress ?? 0) > 0);
      return trials.length === TRIALS.length ? detail : null;
    });
    const handlers = await childrenOf((await system.record()).parts.workers);
    expect(handlers.length).toBeGreaterThanOrEqual(2);
    await system.kill('workers');
    await rm(join(folder, 'hold'));
    expect(runningPaths(await system.client().run(runId))).toEqual(TRIALS);
    await Promise.all(handlers.map(untilGone));
    faults.push(before);
  });

  it('goes on when its worker is killed among the chunks of a prediction', async () => {
    const { before, lost } = await killAmong('workers', 'predictMay/chunks');
    expect(lost.length).toBeGreaterThan(0);
    faults.push(before);
  });

  it('goes on when Temporal is killed among the chunks of a prediction', async () => {
    const { before } = await killAmong('temporal', 'gate/do/promoted/do/predictJune/chunks');
    faults.push(before);
  });

  it('ends as an undisturbed run does, with nothing finished done again', async () => {
    const after = await ended(system.client(), runId);
    expect(after.run).toMatchObject({ status: 'succeeded', error: null });
    for (const before of faults) expectNotAgain(before, after);
    expect(attemptCounts(after)).toMatchObject({
      fitTransform: 1,
      'trials[0]/train': 2,
      'trials[1]/train': 2,
      evaluate: 1,
    });
    const local = ['run', pipeline, '--local', '--home', join(folder, 'other'), '-o', 'json'];
    const params = fewFlights(join(folder, 'flights.parquet'), join(folder, 'other.duckdb'));
    const undisturbed = await millrace(...local, ...Object.entries(params).map((pair) => pair.join('=')));
    expect(undisturbed.code).toBe(0);
    expect(outputDigests(after)).toEqual(outputDigests(JSON.parse(undisturbed.out) as RunDetail));
  });

  it('was promoted and published once', async () => {
    const { versions } = await system.client().model('flight-delays');
    expect(versions.items).toHaveLength(1);
    const [published] = await rowsOf(
      'SELECT count(*) AS rows, count(DISTINCT flight_id) AS flights FROM stored.flight_delays',
      database(),
    );
    expect(published?.rows).toBe(published?.flights);
    const { tasks } = await system.client().run(runId);
    const task = tasks.find(({ path }) => path === 'gate/do/promoted/do/publishPredictions');
    expect(task?.output).toMatchObject({ rows: Number(published?.rows), changed: true });
  });
});
