import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../ir/json.ts';
import { runWorkflowId } from '../ir/protocol/workflow-names.ts';
import { identify } from '../platform/process-identity.ts';
import type { RunDetail } from '../server/client.ts';
import { openStores } from '../store/open-stores.ts';
import { startMillrace } from './support/command-line.ts';
import { type EmbeddedSystem, ended, startEmbedded, untilGone } from './support/embedded-system.ts';
import { LEDGER_PIPELINE, type Ledger, newLedger, partsDone, SIDE_PIPELINE } from './support/ledger.ts';
import { attemptCounts, outputDigests } from './support/run-facts.ts';
import { until } from './support/until.ts';

vi.setConfig({ testTimeout: 180_000 });

let folder = '';
let system: EmbeddedSystem;
/** How the pipeline ends when nothing happens to it. */
let undisturbed: RunDetail;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-faults-'));
  system = await startEmbedded(join(folder, 'home'));
  undisturbed = await run(await newLedger(folder));
});
afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function run(ledger: Ledger): Promise<RunDetail> {
  return ended(system.client(), await system.submit(LEDGER_PIPELINE, { folder: ledger.folder }));
}

/** A run of which all slow tasks stand half-way. */
async function startHeld(): Promise<{ ledger: Ledger; runId: string }> {
  const ledger = await newLedger(folder, { held: true });
  const runId = await system.submit(LEDGER_PIPELINE, { folder: ledger.folder });
  await ledger.held(3);
  return { ledger, runId };
}

const ITEMS = ['items[0]/slow', 'items[1]/slow', 'items[2]/slow'];
const ONCE_EACH = Object.fromEntries(ITEMS.map((path) => [path, [1, 2, 3, 4, 5, 6]]));

/** The run ended as if nothing had happened, and did nothing again that it had finished. */
async function expectSameEnd(detail: RunDetail, ledger: Ledger): Promise<void> {
  expect(detail.run).toMatchObject({ status: 'succeeded', error: null });
  expect(outputDigests(detail)).toEqual(outputDigests(undisturbed));
  expect(attemptCounts(detail)).toMatchObject({ open: 1, joinParts: 1 });
  expect((await ledger.lines('began')).filter(({ path }) => path === 'open')).toHaveLength(1);
  expect(await partsDone(ledger)).toEqual(ONCE_EACH);
}

/** Each slow task was lost once, its process did not stay, and the next attempt went on from the checkpoint. */
async function expectSecondAttempts(detail: RunDetail, ledger: Ledger): Promise<void> {
  const items = detail.attempts.filter(({ path }) => ITEMS.includes(path));
  expect(items.filter(({ attempt }) => attempt === 1).map(({ status }) => status)).toEqual(ITEMS.map(() => 'failed'));
  expect(items.filter(({ status }) => status === 'succeeded').map(({ path }) => path)).toEqual(ITEMS);
  for (const { pid } of await ledger.lines('held')) await untilGone({ pid, startedAt: null });
}

describe('a run goes on', () => {
  it('from the checkpoints of its tasks when the worker process is killed', async () => {
    const { ledger, runId } = await startHeld();
    await system.kill('workers');
    const detail = await ended(system.client(), runId);
    await expectSameEnd(detail, ledger);
    await expectSecondAttempts(detail, ledger);
  });

  it('when Temporal’s server is killed', async () => {
    const { ledger, runId } = await startHeld();
    await system.kill('temporal');
    await until('Temporal answers again', async () => (await system.client().health()).temporal?.answers);
    await ledger.release();
    await expectSameEnd(await ended(system.client(), runId), ledger);
  });

  it('when everything is killed and the system is started again', async () => {
    const { ledger, runId } = await startHeld();
    await system.killAll();
    system = await startEmbedded(system.home);
    const detail = await ended(system.client(), runId);
    await expectSameEnd(detail, ledger);
    await expectSecondAttempts(detail, ledger);
  });
});

describe('a run begins', () => {
  it('when the API was killed between its row and its workflow', async () => {
    const ledger = await newLedger(folder);
    const runId = await keptRow({ folder: ledger.folder });
    await system.kill('api');
    await until('the API answers again', () =>
      system
        .client()
        .health()
        .catch(() => null),
    );
    await expectSameEnd(await ended(system.client(), runId), ledger);
  });

  /** What such an API leaves, two minutes ago. */
  async function keptRow(params: JsonObject): Promise<string> {
    const id = 'row-alone';
    const { metadata, close } = await openStores({ home: system.home, project: 'default' });
    vi.setSystemTime(Date.now() - 120_000);
    await metadata.runs.create({ ...undisturbed.run, id, workflowId: runWorkflowId('default', id), params });
    vi.useRealTimers();
    await close();
    return id;
  }
});

describe('a worker that was thought dead', () => {
  it('can neither checkpoint nor end the attempt that another has replaced', async () => {
    const ledger = await newLedger(folder, { held: true });
    const first = await sideWorker();
    const runId = await system.submit(SIDE_PIPELINE, { folder: ledger.folder });
    await ledger.held(1);
    const [zombie] = await ledger.lines('held');
    const pid = zombie?.pid ?? 0;
    // Asked to end, it fetches no more tasks, which would be lost with it; the one that it has goes on.
    first.end();
    await first.drained();
    first.pause();
    const second = await sideWorker();
    const before = await ended(system.client(), runId);
    await ledger.release();
    first.goOn();
    await until('the zombie is refused', async () => (await ledger.lines('refused')).length > 0);
    await Promise.all([first.gone, untilGone({ pid, startedAt: null })]);
    second.end();
    await second.gone;
    const after = await system.client().run(runId);
    expect(after).toEqual(before);
    expect(after.run.status).toBe('succeeded');
    expect(after.attempts.map(({ attempt, status, failure }) => [attempt, status, failure?.name ?? null])).toEqual([
      [1, 'failed', 'AttemptLost'],
      [2, 'succeeded', null],
    ]);
    expect(await ledger.lines('refused')).toEqual([{ ...zombie, event: 'refused' }]);
  });

  async function sideWorker() {
    const known = new Set((await system.client().workers()).items.map(({ id }) => id));
    const child = startMillrace(['worker', '--queues', 'side', '--home', system.home], { MILLRACE_GRACE_MS: '60000' });
    const worker = await until('a worker of the queue', async () => {
      const { items } = await system.client().workers();
      return items.find(({ id, queues }) => queues.includes('side') && !known.has(id));
    });
    return {
      end: () => child.kill('SIGTERM'),
      drained: () => new Promise((resolve) => setTimeout(resolve, 3_000)),
      pause: () => process.kill(worker.pid, 'SIGSTOP'),
      goOn: () => process.kill(worker.pid, 'SIGCONT'),
      gone: identify(worker.pid).then(untilGone),
    };
  }
});
