import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type ArtifactRef, artifactsIn } from '../../ir/artifact.ts';
import type { ContentSweep } from '../../store/artifacts/stored-content.ts';
import { newRun } from '../../store/metadata/run-table.suite.ts';
import { transition } from '../../store/metadata/task-table.suite.ts';
import { openStores, type Stores } from '../../store/open-stores.ts';
import { collect, GRACE_MS } from './collect.ts';
import { readPolicy } from './read-policy.ts';

/** What happens; numbers choose among the contents, and among the runs that go on. */
const choice = fc.nat(5);
const of = <Kind extends string>(kind: Kind) => fc.record({ kind: fc.constant(kind), run: choice, content: choice });
const deed = fc.oneof(
  { weight: 2, arbitrary: of('begin') },
  // From now on the run has it in hand; the store learns of it when it is recorded, or never.
  { weight: 4, arbitrary: of('put') },
  { weight: 4, arbitrary: of('hit') },
  { weight: 3, arbitrary: of('record') },
  { weight: 1, arbitrary: of('version') },
  { weight: 3, arbitrary: of('end') },
  { weight: 4, arbitrary: of('wait') },
  { weight: 6, arbitrary: of('collect') },
);
type Deed = typeof deed extends fc.Arbitrary<infer Value> ? Value : never;

interface LiveRun {
  readonly id: string;
  readonly inHand: Map<string, ArtifactRef>;
}

let home: string;
let stores: Stores;
let live: LiveRun[];
let runs: number;
/** What must be there, known apart from the collector: by run what it has recorded, and models. */
let recorded: Map<string, Set<ArtifactRef>>;
let models: Set<ArtifactRef>;

beforeEach(() => {
  // The deeds' clock begins now and runs ahead, so that all that is stored looks older than it is.
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function openWorld(): Promise<void> {
  home = await mkdtemp(join(tmpdir(), 'millrace-collections-'));
  stores = await openStores({ home, project: 'default' });
  [live, runs, recorded, models] = [[], 0, new Map(), new Set()];
  // What nobody needs, and the next collection takes, unless it is put again before.
  for (const text of ['0', '1', '2']) await put(text);
  vi.setSystemTime(Date.now() + 2 * GRACE_MS);
  await pass(true);
  vi.setSystemTime(Date.now() + 2 * GRACE_MS);
}

async function closeWorld(): Promise<void> {
  await stores.close();
  await rm(home, { recursive: true, force: true });
}

async function put(text: string): Promise<ArtifactRef> {
  await writeFile(join(home, 'source'), text);
  return stores.artifacts.put('dataset', join(home, 'source'), {});
}

async function begin(): Promise<void> {
  const id = `run-${++runs}`;
  await stores.metadata.runs.create(newRun(id, { params: {} }));
  live.push({ id, inHand: new Map() });
  recorded.set(id, new Set());
}

async function hit({ inHand }: LiveRun, text: string): Promise<void> {
  const entry = (await stores.metadata.cache.get([text])).get(text);
  const [ref] = artifactsIn(entry?.output);
  if (ref && (await stores.artifacts.exists(ref))) inHand.set(text, ref);
}

async function record({ id, inHand }: LiveRun): Promise<void> {
  for (const [text, output] of inHand) {
    await stores.metadata.tasks.record(id, [transition(text, 1, { status: 'succeeded', output })]);
    const result = { key: text, runId: id, path: text, pipeline: 'flights', step: 's', output };
    await stores.metadata.cache.put({ ...result, parts: {}, createdAt: Date.now() });
    recorded.get(id)?.add(output);
  }
}

async function addVersion({ id, inHand }: LiveRun): Promise<void> {
  for (const ref of inHand.values()) {
    const artifact = { ...ref, artifact: 'model' } as const;
    const made = { model: 'm', artifact, evidence: {}, runId: id, taskPath: null, createdBy: 'ada' };
    await stores.metadata.registry.addVersion(made);
    models.add(ref);
  }
}

/** What it had in hand is lost with it where it is given up. */
async function end(run: LiveRun, isGivenUp = false): Promise<void> {
  if (!isGivenUp) await record(run);
  const outcome = { status: 'succeeded', output: null, error: null, at: Date.now() } as const;
  await stores.metadata.runs.end(run.id, outcome);
  live = live.filter((each) => each !== run);
}

/** @param during done when the collection has made up its mind and begins to remove */
async function pass(expires: boolean, during: () => Promise<void> = async () => {}): Promise<number> {
  const sweep: ContentSweep = {
    ...stores.sweep,
    list: async function* (family) {
      yield* stores.sweep.list(family);
      if (family === 'files') await during();
    },
  };
  const log = pino({ level: 'silent' });
  const context = { ...stores, sweep, project: 'default', temporal: null, user: 'ada', log, now: Date.now };
  const policy = readPolicy(expires ? { runs: '36h' } : {});
  const collection = await collect(context, { policy, pipeline: null, graceMs: GRACE_MS, dryRun: false });
  for (const id of collection.runs) recorded.delete(id);
  return collection.content.reduce((sum, { gone }) => sum + gone.count, 0);
}

async function act({ kind, run: index, content }: Deed, next: Deed | undefined): Promise<void> {
  if (kind === 'begin') return begin();
  if (kind === 'wait') return void vi.setSystemTime(Date.now() + (index * 12 + content) * 3_600_000);
  if (kind === 'collect') {
    const isWithin = next !== undefined && next.kind !== 'collect' && next.kind !== 'wait';
    return void (await pass(content % 2 === 0, async () => (isWithin ? act(next, undefined) : undefined)));
  }
  const run = live[index % Math.max(1, live.length)];
  if (run === undefined) return;
  if (kind === 'put') run.inHand.set(`${content}`, await put(`${content}`));
  else if (kind === 'hit') await hit(run, `${content}`);
  else if (kind === 'record') await record(run);
  else if (kind === 'version') await addVersion(run);
  else await end(run, content % 2 === 0);
}

async function missing(): Promise<readonly string[]> {
  const needed = [...models, ...[...recorded.values()].flatMap((refs) => [...refs])];
  const inHand = live.flatMap((run) => [...run.inHand.values()]);
  const gone: string[] = [];
  // By reading it, which acquits nothing.
  for (const ref of [...needed, ...inHand]) await stores.artifacts.fetch(ref).catch(() => gone.push(ref.digest));
  return gone;
}

async function stored(): Promise<number> {
  let count = 0;
  for await (const part of stores.sweep.list('files')) count += part.length;
  return count;
}

it('whatever happens in between, collections leave all that is needed, and in the end nothing else', async () => {
  let removed = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 20, maxLength: 80 }), async (deeds) => {
      await openWorld();
      try {
        for (const [index, each] of deeds.entries()) {
          await act(each, deeds[index + 1]);
          expect(await missing()).toEqual([]);
        }
        for (const run of live) await end(run);
        for (let day = 0; day < 4; day++) {
          vi.setSystemTime(Date.now() + 2 * GRACE_MS);
          removed += await pass(true);
        }
        expect(await stored()).toBe(new Set([...models].map(({ digest }) => digest)).size);
        expect(await stores.metadata.condemned.list()).toEqual([]);
      } finally {
        await closeWorld();
      }
    }),
    { numRuns: 30 },
  );
  // Else there would have been nothing to go wrong.
  expect(removed).toBeGreaterThan(10);
}, 240_000);
