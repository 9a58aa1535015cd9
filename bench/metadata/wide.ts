/**
 * A run of more and more items in the metadata store: the transitions a second that it takes as its table grows, and what
 * a look at it costs, which people who watch a run take several times a second. SQLite in a temporary home, and the
 * PostgreSQL database that MILLRACE_METADATA names.
 */
import { parseArgs } from 'node:util';
import type { TaskStatus, Transition } from '../../ir/protocol/transition.ts';
import { openStores, type Stores } from '../../store/open-stores.ts';
import { withSides } from './sides.ts';

const { values } = parseArgs({ options: { items: { type: 'string', default: '1000,100000,300000' } } });
const WIDTHS = values.items.split(',').map(Number);
/** Transitions that a worker writes at once, and writes under way at once. */
const BATCH = 50;
const AT_ONCE = 8;
/** Items that are timed where the table has grown so far. */
const TIMED = 5_000;
const LOOKS = 20;

await withSides(async (sides) => {
  for (const [side, settings] of sides) {
    const stores = await openStores(settings, 'bench');
    await measure(side, stores);
    await stores.close();
  }
});

async function measure(side: string, stores: Stores): Promise<void> {
  let items = 0;
  for (const width of WIDTHS) {
    await write(stores, items, Math.max(items, width - TIMED));
    const timed = Math.max(items, width - TIMED);
    const began = performance.now();
    await write(stores, timed, width);
    const rate = ((width - timed) * 2_000) / (performance.now() - began);
    items = width;
    const look = await lookAt(stores);
    console.log(`${side}, ${width} items: ${Math.round(rate)} transitions/s; a look: ${look}`);
  }
}

/** Items of a run from one number to another: each begins, is tried once, measures something and ends. */
async function write({ metadata }: Stores, from: number, to: number): Promise<void> {
  const starts = Array.from({ length: Math.ceil((to - from) / BATCH) }, (_, index) => from + index * BATCH);
  const lane = async (): Promise<void> => {
    for (let first = starts.shift(); first !== undefined; first = starts.shift()) {
      const batch = Array.from({ length: Math.min(BATCH, to - first) }, (_, index) => (first ?? 0) + index);
      await metadata.tasks.record(
        'wide',
        batch.map((item) => transition(item, 'running')),
      );
      await metadata.tasks.record(
        'wide',
        batch.map((item) => transition(item, item % 10_000 === 7 ? 'failed' : 'succeeded')),
      );
      if (first % 1_000 === 0) await Promise.all(batch.map((item) => attempt(metadata.tasks, item)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function attempt(tasks: Stores['metadata']['tasks'], item: number): Promise<void> {
  const key = { runId: 'wide', path: `trials[${item}]/train`, attempt: 1 };
  await tasks.startAttempt({ ...key, worker: 'w', queue: 'cpu', startedAt: 1 });
  await tasks.saveMetrics(key, [{ name: 'auc', step: 0, value: 0.5 }]);
  await tasks.endAttempt(key, { status: 'succeeded', at: 2, failure: null });
}

function transition(item: number, status: TaskStatus): Transition {
  return {
    ...{
      path: `trials[${item}]/train`,
      sequence: 2 * item + (status === 'running' ? 0 : 1),
      kind: 'task',
      step: 'train',
    },
    ...{ status, at: 1, input: { item }, output: { value: item }, failure: null, cache: null, detail: {} },
  };
}

/** The middle one of some. */
async function lookAt({ metadata: { tasks } }: Stores): Promise<string> {
  const parts = {
    tasks: () => tasks.list('wide'),
    counts: () => tasks.counts('wide'),
    attempts: () => tasks.attempts('wide'),
    metrics: () => tasks.metrics('wide'),
  };
  const texts: string[] = [];
  for (const [name, look] of Object.entries(parts)) {
    const times: number[] = [];
    for (let index = 0; index < LOOKS; index++) {
      const began = performance.now();
      await look();
      times.push(performance.now() - began);
    }
    times.sort((left, right) => left - right);
    texts.push(`${name} ${(times[LOOKS / 2] ?? 0).toFixed(1)} ms`);
  }
  return texts.join(', ');
}
