import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Cron } from 'croner';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Run } from '../server/client.ts';
import { millrace } from './support/command-line.ts';
import { type EmbeddedSystem, ended, startEmbedded } from './support/embedded-system.ts';
import { until } from './support/until.ts';

vi.setConfig({ testTimeout: 180_000 });

const FILE = resolve('test/support/scheduled-pipeline.suite.ts');

let folder = '';
let system: EmbeddedSystem;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-schedules-'));
  system = await startEmbedded(join(folder, 'home'));
});
afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function schedules(...words: string[]): Promise<string> {
  const { code, out, err } = await millrace('schedules', ...words, '--home', system.home);
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${err}`);
  return out;
}

const create = (name: string, ...options: string[]) =>
  schedules('create', name, FILE, '--param', `folder=${folder}`, ...options);

/** Times no soon: what starts runs is `trigger`. */
const FAR = ['--cron', '0 0 1 1 *'];

/** Oldest first. */
async function runsOf(schedule: string): Promise<readonly Run[]> {
  const { items } = await system.client().runs({ schedule, limit: 1_000 });
  return [...items].sort((a, b) => at(a) - at(b));
}

const at = (run: Run) => Date.parse(run.logicalTime ?? '');
const untilRuns = (schedule: string, count: number) =>
  until(`${count} runs of ${schedule}`, async () => (await runsOf(schedule)).length >= count);

/**
 * Every time of an interval from the first run's to the last one's has one run. Rows are written as runs begin, in any
 * order: what is lost stays missing.
 */
async function expectContiguous(schedule: string, everyMs: number): Promise<void> {
  const due = (times: readonly number[]) => times.map((_, index) => (times[0] ?? 0) + index * everyMs);
  await until(`one run for each time of ${schedule}`, async () => {
    const times = (await runsOf(schedule)).map(at);
    return times.length > 1 && times.join() === due(times).join();
  });
}

async function expectAllSucceeded(schedule: string): Promise<void> {
  for (const { id, logicalTime } of await runsOf(schedule)) {
    const { run } = await ended(system.client(), id);
    const output = { bound: logicalTime, told: { read: logicalTime } };
    expect(run).toMatchObject({
      status: 'succeeded',
      error: null,
      output,
      schedule,
      workflowId: expect.stringMatching(/Z$/),
    });
  }
}

describe('an interval of seconds', () => {
  it('has one run for each of its times, though the worker is killed and starts are put off', async () => {
    await create('often', '--every', '2s', '--jitter', '1s', '--overlap', 'allow');
    await untilRuns('often', 3);
    await system.kill('workers');
    await untilRuns('often', 7);
    await schedules('pause', 'often', '--note', 'enough');
    await expectContiguous('often', 2_000);
    await expectAllSucceeded('often');
    const [first] = await runsOf('often');
    const { out } = await millrace('runs', 'get', `${first?.id}`, '--home', system.home);
    expect(out).toContain(`started by schedule often for ${first?.logicalTime}`);
    const { run } = await system.client().retryRun(`${first?.id}`, {});
    const again = await millrace('runs', 'get', run.id, '--home', system.home);
    expect(again.out).toContain(`of schedule often for ${first?.logicalTime}`);
    expect(again.out).not.toContain('started by');
    const listed = await millrace('runs', 'list', '--schedule', 'often', '--home', system.home);
    expect(listed.out.split('\n').filter((line) => line.includes(' often '))).toHaveLength(
      (await runsOf('often')).length,
    );
  });

  it('starts nothing for the times at which it was paused', async () => {
    await create('resting', '--every', '1s', '--overlap', 'allow');
    await untilRuns('resting', 1);
    await schedules('pause', 'resting');
    const before = new Set((await runsOf('resting')).map(at));
    const paused = Date.now();
    await delay(4_000);
    const unpaused = Date.now();
    await schedules('unpause', 'resting', '--note', 'go on');
    await until('it goes on', async () => (await runsOf('resting')).some((run) => at(run) >= unpaused));
    await schedules('delete', 'resting');
    const between = (await runsOf('resting')).map(at).filter((time) => !before.has(time) && time < unpaused);
    // One may have been on its way when it was paused.
    expect(between.filter((time) => time > paused)).toEqual([]);
  });

  it('ends at its end', async () => {
    const end = new Date(Date.now() + 6_000).toISOString();
    await create('short', '--every', '2s', '--overlap', 'allow', '--end', end);
    await until('it has ended', async () => (await system.client().schedule('short')).timing?.next.length === 0);
    await untilRuns('short', 1);
    await until('the end has passed', () => Date.now() > Date.parse(end) + 3_000);
    expect((await runsOf('short')).filter((run) => at(run) > Date.parse(end))).toEqual([]);
    expect(await schedules('get', 'short')).toContain('none: it has come to its end');
  });
});

describe('a start while a run goes on', () => {
  /** Two starts, a second apart, of a schedule whose runs wait. */
  async function startTwice(overlap: string): Promise<readonly boolean[]> {
    await rm(join(folder, 'go'), { force: true });
    await create(overlap, ...FAR, '--overlap', overlap, '--param', 'held=true');
    const first = await system.client().triggerSchedule(overlap);
    await until('it runs', async () => (await runsOf(overlap))[0]?.status === 'running');
    // Within one second it would be the same run.
    await delay(1_100);
    const second = await system.client().triggerSchedule(overlap);
    return [first.started, second.started];
  }
  const release = () => writeFile(join(folder, 'go'), '');
  async function statuses(schedule: string): Promise<readonly string[]> {
    for (const { id } of await runsOf(schedule)) await ended(system.client(), id);
    return (await runsOf(schedule)).map(({ status }) => status);
  }

  it('is skipped', async () => {
    expect(await startTwice('skip')).toEqual([true, false]);
    await release();
    expect(await statuses('skip')).toEqual(['succeeded']);
    expect((await system.client().schedule('skip')).timing).toMatchObject({ taken: 1, skippedOverlap: 1 });
  });

  it('waits for its end', async () => {
    expect(await startTwice('bufferOne')).toEqual([true, false]);
    await release();
    await untilRuns('bufferOne', 2);
    expect(await statuses('bufferOne')).toEqual(['succeeded', 'succeeded']);
  });

  it('goes on beside it', async () => {
    expect(await startTwice('allow')).toEqual([true, true]);
    await release();
    await untilRuns('allow', 2);
    expect(await statuses('allow')).toEqual(['succeeded', 'succeeded']);
  });

  it('cancels it', async () => {
    await startTwice('cancelOther');
    await untilRuns('cancelOther', 2);
    const [first] = await runsOf('cancelOther');
    expect((await ended(system.client(), `${first?.id}`)).run.status).toBe('cancelled');
    await release();
    expect(await statuses('cancelOther')).toEqual(['cancelled', 'succeeded']);
  });

  it('changes nothing of it when the schedule changes, nor when it is deleted', async () => {
    await rm(join(folder, 'go'), { force: true });
    await create('moving', '--cron', '0 3 * * *', '--param', 'held=true');
    const { runId } = await system.client().triggerSchedule('moving');
    await until('it runs', async () => (await runsOf('moving'))[0]?.status === 'running');
    const before = await system.client().schedule('moving');
    expect(await schedules('update', 'moving', '--timezone', 'Asia/Tokyo')).toContain('0 3 * * * (Asia/Tokyo)');
    const after = await system.client().schedule('moving');
    expect(after.schedule).toMatchObject({ generation: 2, params: before.schedule.params, version: 1 });
    expect(after.timing).toMatchObject({ generation: 2, running: before.timing?.running });
    const hours = (times: readonly number[] = []) => [...new Set(times.map((time) => new Date(time).getUTCHours()))];
    expect([hours(before.timing?.next), hours(after.timing?.next)]).toEqual([[3], [18]]);
    await expect(system.client().updateSchedule('moving', { generation: 1 })).rejects.toMatchObject({ status: 409 });
    await schedules('delete', 'moving');
    expect((await system.client().run(runId)).run.status).toBe('running');
    await release();
    expect((await ended(system.client(), runId)).run.status).toBe('succeeded');
  });
});

describe('summer time', () => {
  it.each([
    // 2027-03-28 has no 02:30 in Berlin, and that day no run.
    ['2027-03-26T00:00:00Z', ['03-26 02:30:00 +01:00', '03-27 02:30:00 +01:00', '03-29 02:30:00 +02:00']],
    // 2027-10-31 has it twice, and one run: for the second.
    ['2027-10-29T12:00:00Z', ['10-30 02:30:00 +02:00', '10-31 02:30:00 +01:00', '11-01 02:30:00 +01:00']],
  ])('from %s on is seen in the next times', async (start, shown) => {
    const name = `summer-${start.slice(5, 7)}`;
    const out = await create(name, '--cron', '30 2 * * *', '--timezone', 'Europe/Berlin', '--start', start);
    for (const time of shown) expect(out).toContain(`2027-${time}`);
    // Away from the two nights, another reader of cron lines finds the same.
    const { timing } = await system.client().schedule(name);
    const later = timing?.next.slice(3) ?? [];
    const found = new Cron('30 2 * * *', { timezone: 'Europe/Berlin' }).nextRuns(
      later.length,
      new Date((later[0] ?? 0) - 1),
    );
    expect(later).toEqual(found.map((each) => each.getTime()));
  });
});

describe('the schedule of a pipeline file', () => {
  it('is applied, and applied again leaves it paused', async () => {
    const first = await schedules('apply', FILE, '--param', `folder=${folder}`);
    expect(first).toContain('from-file  active: starts scheduled, version 1');
    expect(first).toContain('note: as the file says');
    await schedules('pause', 'from-file', '--note', 'not now');
    await schedules('apply', FILE, '--param', `folder=${folder}`, '--version', 'latest');
    const { schedule } = await system.client().schedule('from-file');
    expect(schedule).toMatchObject({ paused: true, note: 'not now', version: null, params: { folder, held: true } });
    const history = await schedules('history', 'from-file');
    expect(history).toMatch(/updated.*paused.*created/s);
  });

  it.each([
    [['create', 'bad', 'nowhere', ...FAR], 'has no pipeline nowhere'],
    [['create', 'bad', 'scheduled', ...FAR, '--version', '9'], 'has no pipeline scheduled version 9'],
    [['create', 'bad', 'scheduled', ...FAR], 'folder: is required'],
    [['create', 'bad', 'scheduled', '--param', 'folder=x'], 'Schedule bad: it has no times'],
    [['create', 'bad', 'scheduled', '--param', 'folder=x', '--cron', '0 0 31 2 *'], 'names a day that never comes'],
    [['create', 'bad', 'scheduled', '--param', 'folder=x', ...FAR, '--offset', '5m'], 'Give both: --every 1h'],
    [['create', 'bad', 'scheduled', '--param', 'folder=x', ...FAR, '--version', 'new'], "'new' is no version"],
    [['create', 'bad'], 'Which pipeline is schedule bad to start?'],
    [['update', 'bad', '--note', 'x'], 'has no schedule bad'],
  ])('%j is refused', async (words, message) => {
    const { code, err } = await millrace('schedules', ...words, '--home', system.home);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    expect(err).not.toContain('    at ');
  });
});

describe('Temporal away', () => {
  it('is told of schedules again, makes up for what it missed, and leaves out what is too late', async () => {
    await create('kept', '--every', '2s', '--overlap', 'allow');
    await create('hasty', '--every', '2s', '--overlap', 'allow', '--catch-up', '10s');
    await untilRuns('kept', 2);
    await untilRuns('hasty', 2);
    await system.killAll();
    const down = Date.now();
    await create('offline', ...FAR);
    await schedules('delete', 'often');
    expect(await schedules('get', 'kept')).toContain('When it starts runs next is not known');
    await delay(Math.max(0, 16_000 - (Date.now() - down)));
    system = await startEmbedded(system.home);
    const back = Date.now();
    await until('it goes on', async () => (await runsOf('kept')).some((run) => at(run) > back));
    await expectContiguous('kept', 2_000);
    await until('it goes on', async () => (await runsOf('hasty')).some((run) => at(run) > back));
    expect((await system.client().schedule('hasty')).timing?.missedCatchUp).toBeGreaterThan(0);
    await until('Temporal has been told', async () => (await system.client().schedule('offline')).timing !== null);
    for (const name of ['hasty', 'kept']) await schedules('delete', name);
    await expectAllSucceeded('kept');
  });

  it('is built anew from what is kept', async () => {
    await create('rebuilt', '--every', '2s', '--overlap', 'allow');
    await untilRuns('rebuilt', 1);
    await system.stop();
    for (const suffix of ['', '-shm', '-wal']) await rm(join(system.home, `temporal.db${suffix}`), { force: true });
    system = await startEmbedded(system.home);
    const back = Date.now();
    await until('it goes on', async () => (await runsOf('rebuilt')).some((run) => at(run) > back));
    await schedules('delete', 'rebuilt');
  });
});
