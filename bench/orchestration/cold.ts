import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createClient } from '../../server/client.ts';
import { millrace, up } from './command-line.ts';
import { type Figures, figuresOf } from './side.ts';

/*
 * How long a person waits for a small run: from the start of `millrace run` to its result, with nothing up, on a system that is
 * up, and in one process without Temporal (`--local`); and how long a run takes whose ten tasks are all in the cache, by the
 * API's own times. `--rounds N --json`
 */

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
});

interface Bench {
  readonly name: string;
  readonly goalMs: number | null;
  /** Milliseconds. */
  readonly measure: () => Promise<number>;
}

const ONE_TASK = join(import.meta.dirname, 'submitted/one-task.ts');
const KEPT_CHAIN = join(import.meta.dirname, 'submitted/kept-chain.ts');
/** The line that says how a run ended. */
const RESULT = /^(\S+) succeeded in .*$/m;

const folder = await mkdtemp(join(tmpdir(), 'millrace-cold-'));
let runs = 0;

/** What is timed ends with the result or with the command; the next begins when this one has ended. */
async function oneTask(home: string, until: 'result' | 'end', ...flags: readonly string[]): Promise<number> {
  const began = performance.now();
  const { says, ended } = millrace(['run', ONE_TASK, `round=${++runs}`, '--home', home, ...flags]);
  await says(RESULT);
  const result = performance.now() - began;
  await ended;
  return until === 'result' ? result : performance.now() - began;
}

/** A run of which all is kept, from its submission to its end as the API tells them. */
async function tenKept(home: string, api: string): Promise<number> {
  const { says, ended } = millrace(['run', KEPT_CHAIN, '--home', home]);
  const [, id = ''] = await says(RESULT);
  await ended;
  const { run, tasks } = await createClient(api, 'default').run(id);
  const made = tasks.filter(({ status }) => status !== 'cached').map(({ path }) => path);
  if (made.length > 0) throw new Error(`${id}: ${made.join(', ')} should have been in the cache.`);
  return (run.endedAt ?? Number.NaN) - run.createdAt;
}

async function measured(benches: readonly Bench[]): Promise<readonly (Figures & Bench)[]> {
  const times = new Map(benches.map(({ name }) => [name, [] as number[]]));
  // The first round warms up the disk's cache, and is not counted.
  for (let round = -1; round < Number(values.rounds); round++) {
    for (const { name, measure } of benches) {
      const ms = await measure();
      if (round >= 0) times.get(name)?.push(ms);
    }
  }
  return benches.map((bench) => {
    const rounds = times.get(bench.name) ?? [];
    return { ...bench, ...figuresOf(bench.name, rounds, [null, ...rounds.map(() => null)]) };
  });
}

function print(figures: readonly (Figures & Bench)[]): void {
  const rows = figures.map(({ name, goalMs, min, median }) => {
    const cells = { 'min ms': min.toFixed(0), 'median ms': median.toFixed(0), 'goal ms': goalMs ?? '' };
    return [name, { ...cells, met: goalMs === null ? '' : median <= goalMs ? 'yes' : 'no' }];
  });
  console.table(Object.fromEntries(rows));
}

async function withNothingUp() {
  const used = join(folder, 'used');
  return measured([
    { name: 'nothing up, a new home', goalMs: 1_500, measure: () => oneTask(join(folder, `new${runs}`), 'result') },
    { name: 'nothing up, a home with runs', goalMs: 1_500, measure: () => oneTask(used, 'result') },
    { name: 'the same, to the end of the command', goalMs: null, measure: () => oneTask(used, 'end') },
    { name: 'without Temporal (--local)', goalMs: null, measure: () => oneTask(used, 'result', '--local') },
  ]);
}

async function onSystem() {
  const home = join(folder, 'up');
  const { system, stop } = await up(home);
  try {
    await millrace(['run', KEPT_CHAIN, '--home', home]).ended;
    return await measured([
      { name: 'a system that is up', goalMs: 900, measure: () => oneTask(home, 'result') },
      { name: 'ten tasks from the cache, in the system', goalMs: 100, measure: () => tenKept(home, system.urls.api) },
    ]);
  } finally {
    await stop();
  }
}

try {
  const figures = [...(await withNothingUp()), ...(await onSystem())];
  if (values.json) console.log(JSON.stringify(figures));
  else print(figures);
} finally {
  await rm(folder, { recursive: true, force: true });
}
