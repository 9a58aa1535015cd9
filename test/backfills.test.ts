import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BACKFILL_WORKFLOW, backfillRunId, backfillWorkflowId } from '../ir/protocol/backfill-order.ts';
import { CONTROL_QUEUE } from '../ir/step-contract.ts';
import type { BackfillState, PartitionState, Run } from '../server/client.ts';
import { millrace } from './support/command-line.ts';
import { type EmbeddedSystem, startEmbedded } from './support/embedded-system.ts';
import { until } from './support/until.ts';

vi.setConfig({ testTimeout: 400_000 });

const FILE = resolve('test/support/partitioned-pipeline.suite.ts');
/** All days of the data would take minutes: `MILLRACE_LONG_TESTS=1` asks for them. */
const [LAST_DAY, DAYS] = process.env.MILLRACE_LONG_TESTS === '1' ? ['2001-06-30', 181] : ['2001-01-31', 31];
let folder = '';
let system: EmbeddedSystem;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-backfills-'));
  system = await startEmbedded(join(folder, 'home'));
});
afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function command(...words: string[]): Promise<string> {
  const { code, out, err } = await millrace(...words, '--home', system.home);
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${err}`);
  return out;
}

async function withTemporal(body: (client: Client) => Promise<void>): Promise<void> {
  const connection = await Connection.connect({
    address: (await system.record()).urls.temporal.replace(/^.*\/\//, ''),
  });
  try {
    await body(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

/** A folder of its own, so that what a test tells there is not another's. */
async function place(): Promise<string> {
  return mkdtemp(join(folder, 'place-'));
}

const create = async (...options: string[]): Promise<BackfillState> =>
  JSON.parse(await command('backfills', 'create', FILE, ...options, '-o', 'json'));

const days = (from: string, to: string) => ['--from', from, '--to', to, '--rerun', 'all'];

async function over(id: string): Promise<BackfillState> {
  await until(
    `backfill ${id} ends`,
    async () => (await system.client().backfill(id)).backfill.endedAt !== null,
    350_000,
  );
  return system.client().backfill(id);
}

async function runsOf(backfill: string): Promise<readonly Run[]> {
  return (await system.client().runs({ backfill, limit: 1_000 })).items;
}

/** What was told in a folder, and how many of its steps went on at once at most. */
async function told(where: string): Promise<{ readonly begun: readonly string[]; readonly most: number }> {
  const lines = (await readFile(join(where, 'log'), 'utf8')).trim().split('\n');
  const begun: string[] = [];
  let [now, most] = [0, 0];
  for (const line of lines) {
    const [what, day = ''] = line.split(' ');
    now += what === 'begin' ? 1 : -1;
    most = Math.max(most, now);
    if (what === 'begin') begun.push(day);
  }
  return { begun, most };
}

const ofStatus = (states: readonly PartitionState[], status: PartitionState['status']) =>
  states.filter((each) => each.status === status).map(({ partition }) => partition);

describe('a backfill', () => {
  it('that two clients ask for at the same instant is one: a run a day, never more than four at once', async () => {
    const where = await place();
    const options = ['--from', '2001-01-01', '--to', LAST_DAY, '-p', `folder=${where}`, '--concurrency', '4'];
    const [first, second] = await Promise.all([create(...options), create(...options)]);
    const { id } = first.backfill;
    expect(second.backfill.id).toBe(id);
    const { backfill, counts } = await over(id);
    expect([backfill.status, counts]).toEqual(['succeeded', expect.objectContaining({ succeeded: DAYS, failed: 0 })]);
    const runs = await runsOf(id);
    expect([runs.length, (await system.client().runs({ pipeline: 'partitioned', limit: 1_000 })).items.length]).toEqual(
      [DAYS, DAYS],
    );
    expect(new Set(runs.map(({ partition }) => partition)).size).toBe(DAYS);
    const { begun, most } = await told(where);
    expect([begun.length, most <= 4]).toEqual([DAYS, true]);
    const one = runs.find(({ partition }) => partition === '2001-01-31');
    const end = '2001-02-01T00:00:00Z';
    expect(one).toMatchObject({
      ...{ id: `${id}--2001-01-31`, status: 'succeeded', logicalTime: end, schedule: null },
      output: { read: '2001-01-31', logicalTime: end, end },
    });
    const again = await create(...options);
    expect([again.backfill.id, again.notices.join()]).toEqual([id, expect.stringContaining('asked for before')]);
    expect((await runsOf(id)).length).toBe(DAYS);
    // Nine events a run at most, so that ten thousand need some twenty histories.
    await withTemporal(async ({ workflow }) => {
      const handle = workflow.getHandle(backfillWorkflowId('default', id, 1));
      expect((await handle.describe()).historyLength).toBeLessThan(40 + DAYS * 9);
    });
  });

  it('begins in order, the last first where it is asked', async () => {
    const where = await place();
    const { backfill } = await create(
      ...days('2001-02-01', '2001-02-04'),
      ...['-p', `folder=${where}`, '--concurrency', '1', '--order', 'descending', '--name', 'backwards'],
    );
    await over(backfill.id);
    expect(await told(where)).toEqual({
      begun: ['2001-02-04', '2001-02-03', '2001-02-02', '2001-02-01'],
      most: 1,
    });
    const other = ['--from', '2001-02-01', '--to', '2001-02-02', '-p', `folder=${where}`, '--name', 'backwards'];
    await expect(create(...other)).rejects.toThrow('it was asked for something else');
  });

  it('that is cancelled ends what goes on and starts no more; a retry does the rest', async () => {
    const where = await place();
    const { backfill } = await create(
      ...days('2001-03-01', '2001-03-06'),
      ...['-p', `folder=${where}`, '-p', 'held=true', '--concurrency', '2', '--name', 'stopped'],
    );
    await until('two run', async () => (await system.client().backfill('stopped')).counts.running === 2);
    expect(await command('backfills', 'get', 'stopped')).toMatch(/2001-03-01 +●●····[\s\S]*next: 2001-03-03/);
    await command('backfills', 'cancel', 'stopped');
    const stopped = await over(backfill.id);
    expect([stopped.backfill.status, stopped.counts]).toEqual([
      'cancelled',
      expect.objectContaining({ cancelled: 2, missing: 4, running: 0 }),
    ]);
    await writeFile(join(where, 'go'), '');
    await command('backfills', 'retry', 'stopped');
    const { backfill: after, counts } = await over(backfill.id);
    expect([after.round, after.status, counts.succeeded]).toEqual([2, 'succeeded', 6]);
  });

  it('that is cancelled may leave what goes on alone', async () => {
    const where = await place();
    await create(
      ...days('2001-03-11', '2001-03-13'),
      ...['-p', `folder=${where}`, '-p', 'held=true', '--concurrency', '1', '--name', 'left'],
    );
    await until('one runs', async () => (await system.client().backfill('left')).counts.running === 1);
    await command('backfills', 'cancel', 'left', '--keep-running');
    await writeFile(join(where, 'go'), '');
    const { backfill, counts } = await over('left');
    expect([backfill.status, counts]).toEqual(['cancelled', expect.objectContaining({ succeeded: 1, missing: 2 })]);
  });

  it('retries what failed, and nothing else', async () => {
    const where = await place();
    await writeFile(join(where, 'fail-2001-04-02'), '');
    await create(...days('2001-04-01', '2001-04-03'), '-p', `folder=${where}`, '--name', 'broken');
    const failed = await over('broken');
    expect([failed.backfill.status, ofStatus(failed.partitions, 'failed')]).toEqual(['failed', ['2001-04-02']]);
    expect(await command('backfills', 'get', 'broken')).toContain('broken--2001-04-02');
    await rm(join(where, 'fail-2001-04-02'));
    await command('backfills', 'retry', 'broken');
    expect((await over('broken')).counts).toMatchObject({ succeeded: 3, failed: 0 });
    expect([...(await told(where)).begun].sort()).toEqual(['2001-04-01', '2001-04-02', '2001-04-02', '2001-04-03']);
    expect((await runsOf('broken')).map(({ id }) => id).sort()).toEqual([
      ...['broken--2001-04-01', 'broken--2001-04-02', 'broken--2001-04-02_2', 'broken--2001-04-03'],
    ]);
    const nothing = await millrace('backfills', 'retry', 'broken', '--home', system.home);
    expect([nothing.code, nothing.err]).toEqual([2, expect.stringContaining('Nothing of backfill broken has failed')]);
  });

  it('waits in a new history for the runs of the one before, and for those that go on already', async () => {
    const where = await place();
    await create(
      ...days('2001-05-21', '2001-05-25'),
      ...['-p', `folder=${where}`, '-p', 'held=true', '--concurrency', '3', '--name', 'handed'],
    );
    await until('three run', async () => (await system.client().backfill('handed')).counts.running === 3);
    await withTemporal(async ({ workflow }) => {
      const workflowId = backfillWorkflowId('default', 'handed', 1);
      await workflow.getHandle(workflowId).terminate('Its history is to be followed by another.');
      const live = [1, 2].map((day) => backfillRunId('handed', `2001-05-2${day}`, 1));
      await workflow.start(BACKFILL_WORKFLOW, {
        ...{ taskQueue: CONTROL_QUEUE, workflowId },
        args: [{ project: 'default', backfill: 'handed', round: 1, concurrency: 3, begun: 2, live, isWell: true }],
      });
    });
    await writeFile(join(where, 'go'), '');
    const { backfill, counts } = await over('handed');
    expect([backfill.status, counts.succeeded, (await runsOf('handed')).length]).toEqual(['succeeded', 5, 5]);
    expect([...(await told(where)).begun].sort()).toEqual([1, 2, 3, 4, 5].map((day) => `2001-05-2${day}`));
  });

  it('goes on when the worker is killed in its middle, with one run a day', async () => {
    const where = await place();
    await create(
      ...days('2001-05-01', '2001-05-12'),
      '-p',
      `folder=${where}`,
      '--concurrency',
      '3',
      '--name',
      'killed',
    );
    await until('some have ended', async () => (await system.client().backfill('killed')).counts.succeeded >= 3);
    await system.kill('workers');
    const { backfill, counts } = await over('killed');
    expect([backfill.status, counts.succeeded]).toEqual(['succeeded', 12]);
    expect((await runsOf('killed')).length).toBe(12);
  });
});

describe('the partitions of a pipeline', () => {
  it('show the newest run of each, by whomever, and those that are missing', async () => {
    const where = await place();
    const words = ['run', FILE, `folder=${where}`, '--partition', '2001-06-01', '-o', 'json'];
    expect(JSON.parse(await command(...words)).run).toMatchObject({ partition: '2001-06-01', backfill: null });
    await command(...words, '--local');
    await create('--from', '2001-06-01', '--to', '2001-06-02', '-p', `folder=${where}`, '--name', 'rest');
    const { backfill, partitions } = await over('rest');
    expect([backfill.leftOut, partitions.map(({ partition }) => partition)]).toEqual([1, ['2001-06-02']]);
    const listed = await command('partitions', 'list', 'partitioned', '--from', '2001-05-31', '--to', '2001-06-03');
    expect(listed).toMatch(/2001-05-31 +.✓✓·/);
    const runs = await command('runs', 'list', '--partition', '2001-06-01');
    expect(runs.match(/2001-06-01/g)?.length).toBeGreaterThanOrEqual(2);
  });

  it.each([
    [['run', FILE, 'folder=x'], 'Pipeline partitioned has partitions, and a run is of one of them.'],
    [['run', FILE, 'folder=x', '--partition', '2001-02-30'], "'2001-02-30' is no day, which is written as 2001-01-31"],
    [['run', FILE, 'folder=x', '--partition', '2001-07-01'], '2001-07-01 comes after its last day, 2001-06-30'],
    [['run', FILE, 'folder=x', '--partition', '../2001-01-01'], 'is no day'],
    [['backfills', 'create', FILE, '-p', 'folder=x', '--from', '2000-12-31'], 'comes before its first day, 2001-01-01'],
    [['backfills', 'create', FILE, '-p', 'folder=x', '--dimension', 'dya=2001-01-01'], 'did you mean day?'],
    [['backfills', 'create', FILE, '--from', '2001-01-01'], 'folder: is required'],
    [['backfills', 'create', FILE, '--from', '2001-01-01', '--partition', '2001-01-01'], 'cannot be used with'],
    [['backfills', 'create', FILE, '--concurrency', '0'], 'a whole number from 1 to 1000'],
    [['backfills', 'get', 'none'], 'has no backfill none'],
  ])('%j is refused', async (words, message) => {
    const { code, err } = await millrace(...words, '--home', system.home);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    expect(err).not.toContain('    at ');
  });
});
