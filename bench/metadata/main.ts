/**
 * Transitions a second that the metadata store takes, as workers write them: batches of 50. SQLite in a temporary home,
 * and the PostgreSQL database that MILLRACE_METADATA names, in turns.
 */
import type { Transition } from '../../ir/protocol/transition.ts';
import { openStores, type StoreSettings, type Stores } from '../../store/open-stores.ts';
import { withSides } from './sides.ts';

const BATCH = 50;
const BATCHES = 60;
const ROUNDS = 3;

interface Load {
  readonly title: string;
  /** Stores that are open, as so many processes would have them. */
  readonly stores: number;
  /** Runs of each store that write at the same time. */
  readonly runs: number;
}
const LOADS: readonly Load[] = [
  { title: '1 process, 1 run', stores: 1, runs: 1 },
  { title: '1 process, 8 runs', stores: 1, runs: 8 },
  { title: '4 processes, 4 runs each', stores: 4, runs: 4 },
];

await withSides(async (sides) => {
  for (const load of LOADS) {
    const best = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [side, settings] of sides) {
        best.set(side, Math.max(best.get(side) ?? 0, await measure(settings, load, `${load.title} ${round}`)));
      }
    }
    const figures = [...best].map(([side, rate]) => `${side} ${Math.round(rate).toLocaleString('en-US')}`);
    console.log(`${load.title}: transitions a second, best of ${ROUNDS}: ${figures.join(', ')}`);
  }
});

async function measure(settings: StoreSettings, load: Load, name: string): Promise<number> {
  const stores = await Promise.all(Array.from({ length: load.stores }, () => openStores(settings, 'bench')));
  const start = performance.now();
  await Promise.all(
    stores.flatMap((store, process) =>
      Array.from({ length: load.runs }, (_, run) => writeRun(store, `${name} ${process} ${run}`)),
    ),
  );
  const seconds = (performance.now() - start) / 1_000;
  await Promise.all(stores.map((store) => store.close()));
  return (load.stores * load.runs * BATCHES * BATCH) / seconds;
}

async function writeRun({ metadata }: Stores, runId: string): Promise<void> {
  for (let batch = 0; batch < BATCHES; batch += 1) {
    await metadata.tasks.record(
      runId,
      Array.from({ length: BATCH }, (_, index) => transition(batch * BATCH + index)),
    );
  }
}

function transition(sequence: number): Transition {
  return {
    ...{ path: `items[${sequence}]/task`, sequence, kind: 'task', step: 'task', status: 'succeeded', at: 1 },
    ...{ input: { item: sequence }, output: { value: sequence }, failure: null, cache: null, detail: {} },
  };
}
