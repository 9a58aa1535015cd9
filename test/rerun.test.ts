import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunDetail, Task } from '../server/client.ts';
import { type EmbeddedSystem, ended, startEmbedded } from './support/embedded-system.ts';
import { copyFlights, edit, fewFlights, linkPackages, writeFlights } from './support/flights-example.ts';
import { attemptCounts, statuses } from './support/run-facts.ts';

vi.setConfig({ testTimeout: 180_000 });

/** Reads the newest champion: its result holds for as long as the alias names that version. */
const CHAMPION = `import { definePipeline, defineStep, model, registered } from 'millrace';
import { z } from 'zod';
const describeModel = defineStep({
  name: 'describeModel',
  input: z.object({ model: model() }),
  output: z.object({ digest: z.string() }),
}).implement(({ input }) => ({ digest: input.model.digest }));
export default definePipeline({ name: 'champion' }, () => describeModel({ model: registered('flight-delays@champion') }));
`;

let folder = '';
let pipeline = '';
let champion = '';
let source = '';
let system: EmbeddedSystem;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-rerun-'));
  source = join(folder, 'flights.parquet');
  await writeFlights(source, 60);
  pipeline = await copyFlights(join(folder, 'flights'));
  // Whether an edited training gives a better model of so few flights is chance, and not what is tested here.
  await edit(join(folder, 'flights/learning.ts'), 'and(isGood, report.noWorse)', 'isGood');
  champion = join(folder, 'champion', 'pipeline.ts');
  await mkdir(join(folder, 'champion'));
  await linkPackages(join(folder, 'champion'));
  await writeFile(champion, CHAMPION);
  system = await startEmbedded(join(folder, 'home'));
});
afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function run(file: string, params: Record<string, string> = {}): Promise<RunDetail> {
  const detail = await ended(system.client(), await system.submit(file, params));
  expect(detail.run).toMatchObject({ status: 'succeeded', error: null });
  return detail;
}

const runFlights = () => run(pipeline, fewFlights(source, join(folder, 'predictions.duckdb')));
const BEFORE_TRAIN = ['importArtifact', 'preprocess', 'splitByTime', 'fitTransform'];
/** The champion of the run before is scored on the same rows as it was then. */
const OF_CHAMPION = ['planPredictions', 'chunks[0]/predictRows', 'joinPredictions'].map(
  (task) => `champion/do/batchPredict/${task}`,
);
const TRIALS = ['trials[0]/train', 'trials[1]/train'];
/** These run each time: a light step, and one that changes the world outside. */
const NEVER_CACHED = ['selectBest', 'gate/do/promoted/do/publishPredictions'];

function taskAt({ tasks }: RunDetail, path: string): Task {
  return tasks.find((task) => task.path === path) ?? expect.fail(`no task ${path}`);
}

/** The paths of tasks that have a certain status, but for those that are never cached. */
function pathsThat(status: string, detail: RunDetail): readonly string[] {
  const found = Object.entries(statuses(detail)).filter(
    ([path, each]) => each === status && !NEVER_CACHED.includes(path),
  );
  return found.map(([path]) => path).sort();
}

describe('a run after a run', () => {
  const all = (detail: RunDetail) => Object.keys(statuses(detail)).filter((path) => !NEVER_CACHED.includes(path));
  /** Before there was any champion, and the first that is compared with one. */
  let zeroth: RunDetail;
  let first: RunDetail;

  it('compares with the champion once there is one, and does nothing else again', async () => {
    zeroth = await runFlights();
    expect(taskAt(zeroth, 'champion/do/batchPredict').status).toBe('skipped');
    first = await runFlights();
    expect(pathsThat('succeeded', first)).toEqual(['evaluate']);
    expect(taskAt(first, 'evaluate').cache?.detail).toBe(`Differs from run ${zeroth.run.id} in: input champion.`);
  });

  it('does nothing again that has not changed', async () => {
    const described = await run(champion);
    const second = await runFlights();
    expect(pathsThat('cached', second)).toEqual(all(second));
    expect(Object.keys(attemptCounts(second)).sort()).toEqual([...NEVER_CACHED].sort());
    for (const path of all(second)) {
      expect(taskAt(second, path).output).toEqual(taskAt(first, path).output);
      expect(taskAt(second, path).cache).toMatchObject({
        reason: 'hit',
        detail: expect.stringMatching(/^The result of run \S+, task '\S+'\.$/),
      });
    }
    // The champion is another version by now, of the same model: what depends on the model's content still holds.
    expect(statuses(await run(champion))).toEqual({ describeModel: 'cached' });
    expect(statuses(described)).toEqual({ describeModel: 'succeeded' });
  });

  it('does train again, and what follows, when only its handler was edited, and says so', async () => {
    await edit(join(folder, 'flights/steps/train.ts'), '...input,', '...input, epochs: 2,');
    const third = await runFlights();
    expect(pathsThat('cached', third)).toEqual(
      [
        ...BEFORE_TRAIN,
        ...OF_CHAMPION,
        'predictMay/planPredictions',
        'gate/do/promoted/do/predictJune/planPredictions',
      ].sort(),
    );
    for (const path of TRIALS) {
      expect(taskAt(third, path).cache).toMatchObject({
        reason: 'noEntry',
        detail: `Differs from run ${zeroth.run.id} in: code.`,
      });
    }
    const { cache } = taskAt(third, 'evaluate');
    expect(cache).toMatchObject({
      reason: 'noEntry',
      detail: `Differs from run ${first.run.id} in: input predictions.`,
    });
  });

  it('misses when the champion is another model', async () => {
    const after = await run(champion);
    expect(statuses(after)).toEqual({ describeModel: 'succeeded' });
    expect(taskAt(after, 'describeModel').cache?.detail).toMatch(/^Differs from run champion-\S+ in: input model\.$/);
    expect(statuses(await run(champion))).toEqual({ describeModel: 'cached' });
  });

  it('misses when the file behind an unchanged path has changed', async () => {
    await writeFlights(join(folder, 'other.parquet'), 61);
    await cp(join(folder, 'other.parquet'), source);
    const fourth = await runFlights();
    // Both predictions of May are planned alike: the second plan is the first's, made in this very run.
    const cached = pathsThat('cached', fourth).filter((path) => !path.endsWith('/planPredictions'));
    expect(cached).toEqual([]);
    expect(taskAt(fourth, 'importArtifact').cache?.detail).toMatch(/^Differs from run \S+ in: source uri\.$/);
    expect(taskAt(fourth, 'preprocess').cache?.detail).toMatch(/^Differs from run \S+ in: input data\.$/);
  });
});
