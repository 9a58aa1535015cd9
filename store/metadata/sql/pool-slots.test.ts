import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MetadataStore } from '../metadata-store.ts';
import { newRun } from '../run-table.suite.ts';
import { openSqliteMetadata } from '../sqlite/open-sqlite-metadata.ts';
import { transition } from '../task-table.suite.ts';

const POOLS = ['api', 'warehouse'] as const;
const RUNS = ['r', 's', 't'] as const;
const PATHS = ['a', 'b', 'c', 'd'] as const;
const MOST_SLOTS = 4;

const task = fc.record({ runId: fc.constantFrom(...RUNS), path: fc.constantFrom(...PATHS) });
const wants = fc
  .record({ api: fc.nat(2), warehouse: fc.nat(MOST_SLOTS) })
  .filter(({ api, warehouse }) => api + warehouse > 0);
const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('take' as const), task, wants, priority: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('giveBack' as const), task }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('endTask' as const), task }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('endRun' as const), runId: fc.constantFrom(...RUNS) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('set' as const),
      pool: fc.constantFrom(...POOLS),
      slots: fc.nat(MOST_SLOTS),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lapse' as const) }) },
);
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

/** Standing lasts as long as a few events, holding much longer. */
const STANDS = 20;
const HOLDS = 200;

class World {
  readonly store: MetadataStore;
  now = 1_000;
  sequence = 0;

  constructor(store: MetadataStore) {
    this.store = store;
  }

  async begin(): Promise<void> {
    for (const id of RUNS) await this.store.runs.create(newRun(id));
    for (const pool of POOLS) await this.store.pools.set(pool, 2, 'ada');
  }

  async had(): Promise<Readonly<Record<string, { taken: number; slots: number; waits: number }>>> {
    const states = await this.store.pools.list(this.now);
    return Object.fromEntries(
      states.map(({ name, slots, holds, waits }) => [
        name,
        { slots, taken: holds.reduce((sum, hold) => sum + hold.slots, 0), waits: waits.length },
      ]),
    );
  }

  take({ task, wants, priority }: Extract<Event, { kind: 'take' }>) {
    const demands = POOLS.filter((pool) => wants[pool] > 0).map((pool) => ({
      pool,
      slots: wants[pool],
      ownSize: null,
    }));
    const leases = { standsUntil: this.now + STANDS, holdsUntil: this.now + HOLDS };
    return this.store.pools.take({ by: task, demands, priority, workflowId: null, ...leases }, this.now);
  }

  async apply(event: Event): Promise<unknown> {
    this.now++;
    const { pools, runs, tasks } = this.store;
    switch (event.kind) {
      case 'take':
        return this.take(event);
      case 'giveBack':
        return pools.giveBack(event.task, this.now);
      case 'endTask':
        return tasks.record(event.task.runId, [transition(event.task.path, ++this.sequence, { status: 'failed' })]);
      case 'endRun':
        return runs.end(event.runId, { status: 'failed', output: null, error: 'killed', at: this.now });
      case 'set':
        return pools.set(event.pool, event.slots, 'ada');
      case 'lapse':
        this.now += STANDS;
    }
  }
}

async function inWorld(body: (world: World) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-pools-'));
  const store = await openSqliteMetadata({ file: join(folder, 'metadata.sqlite'), project: 'default' });
  try {
    const world = new World(store);
    await world.begin();
    await body(world);
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

describe('slots of pools, whatever dies, comes twice or changes its size', () => {
  it('are never given beyond what there are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 60 }), (events) =>
        inWorld(async (world) => {
          let before = await world.had();
          for (const each of events) {
            await world.apply(each);
            const after = await world.had();
            for (const pool of POOLS) {
              const [was, is] = [before[pool]?.taken ?? 0, after[pool] ?? { taken: 0, slots: 0 }];
              // One that was made smaller drains.
              expect(is.taken).toBeLessThanOrEqual(Math.max(was, is.slots));
              if (is.taken > was) expect(is.taken).toBeLessThanOrEqual(is.slots);
            }
            before = after;
          }
        }),
      ),
      { numRuns: 40 },
    );
  });

  it('are given to everybody in the end, each asking in any order', async () => {
    const requests = fc.uniqueArray(
      fc.record({ kind: fc.constant('take' as const), task, wants, priority: fc.integer({ min: 1, max: 5 }) }),
      { minLength: 2, maxLength: 12, selector: ({ task }) => `${task.runId} ${task.path}` },
    );
    await fc.assert(
      fc.asyncProperty(requests, fc.infiniteStream(fc.nat()), (all, chance) =>
        inWorld(async (world) => {
          for (const pool of POOLS) await world.store.pools.set(pool, MOST_SLOTS, 'ada');
          let left = all;
          for (let round = 0; left.length > 0; round++) {
            expect(round).toBeLessThan(all.length);
            const at = (chance.next().value ?? 0) % left.length;
            const granted = new Set<(typeof all)[number]>();
            for (const each of [...left.slice(at), ...left.slice(0, at)]) {
              world.now++;
              if ((await world.take(each)).kind === 'granted') granted.add(each);
            }
            for (const { task } of granted) await world.store.pools.giveBack(task, world.now);
            left = left.filter((each) => !granted.has(each));
          }
        }),
      ),
      { numRuns: 25 },
    );
  });
});
