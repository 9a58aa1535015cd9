import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { reconcileSchedules } from '../schedules/reconcile-schedules.ts';
import type { CreateSchedule } from '../schemas/schedule.ts';
import { FakeTemporal } from '../testing/fake-temporal.suite.ts';
import { samplePipeline } from '../testing/sample-pipeline.suite.ts';
import { testServer } from '../testing/test-server.suite.ts';

const temporal = new FakeTemporal();
const server = testServer(temporal);
let count = 0;

beforeEach(async () => {
  Object.assign(temporal, { away: 'no', timing: {} });
  const { compiled, blobs } = samplePipeline('rows');
  for (const [digest, bytes] of blobs) await server().client.putBlob(digest, bytes);
  await server().client.addPipeline(compiled);
});

/** A new schedule, under a name of its own. */
function create(changes: Partial<CreateSchedule> = {}) {
  const body = { name: `s${++count}`, pipeline: 'rows', params: { source: 'a' }, cron: '0 3 * * *' };
  return server().client.createSchedule({ ...body, ...changes });
}

function reconcile() {
  const log = pino({ level: 'silent' });
  const context = { ...server().stores, project: 'default', temporal, user: 'ada', log, now: Date.now };
  return reconcileSchedules(context);
}

describe('schedules', () => {
  it('are kept, told to Temporal, listed, read and changed', async () => {
    const { schedule, notices } = await create({ timezone: 'Europe/Berlin' });
    const { name } = schedule;
    expect(schedule).toMatchObject({ generation: 1, version: null, params: { source: 'a' }, updatedBy: 'ada' });
    expect([temporal.told.get(name), notices]).toEqual([schedule, []]);
    const changed = await server().client.updateSchedule(name, { generation: 1, overlap: 'allow', version: 1 });
    expect(changed.schedule).toMatchObject({
      ...schedule,
      generation: 2,
      version: 1,
      updatedAt: expect.any(Number),
      spec: { ...schedule.spec, overlap: 'allow' },
    });
    expect(temporal.told.get(name)).toEqual(changed.schedule);
    expect((await server().client.schedules()).items).toContainEqual(await server().client.schedule(name));
    const low = await server().client.updateSchedule(name, { generation: 2, priority: 5 });
    expect([low.schedule.priority, temporal.told.get(name)?.priority]).toEqual([5, 5]);
    await expect(server().client.updateSchedule(name, { generation: 3, priority: 6 })).rejects.toMatchObject({
      status: 400,
    });
  });

  it.each<[Partial<CreateSchedule> & Record<string, unknown>, object]>([
    [{ name: 'every night' }, { status: 400, message: expect.stringContaining('name: has to be a letter') }],
    [{ name: 'n'.repeat(101) }, { status: 400 }],
    [{ crons: ['0 3 * * *'] }, { status: 400, message: expect.stringContaining('crons') }],
    [{ pipeline: 'gone' }, { status: 404, message: 'Project default has no pipeline gone.' }],
    [{ version: 9 }, { status: 404, message: 'Project default has no pipeline rows version 9.' }],
    [{ params: {} }, { code: 'invalidParams', message: expect.stringContaining('source: is required') }],
    [{ params: { source: 'a', rows: 0 } }, { code: 'invalidParams', message: expect.stringContaining('rows: ') }],
    [{ timezone: 'Berlin' }, { code: 'invalidSchedule', message: expect.stringContaining("'Berlin' is no time zone") }],
    [{ cron: '0 3 * *' }, { code: 'invalidSchedule', message: expect.stringContaining('is no cron line') }],
  ])('%j is refused, and nothing is kept', async (changes, problem) => {
    await expect(create(changes)).rejects.toMatchObject(problem);
    expect(await server().stores.metadata.schedules.get(`s${count}`)).toBeNull();
  });

  it('refuse a second of one name, a change of what was not read, and one of nothing', async () => {
    const { schedule } = await create();
    const { client } = server();
    await expect(create({ name: schedule.name })).rejects.toMatchObject({ status: 409 });
    await client.updateSchedule(schedule.name, { generation: 1, note: 'first' });
    await expect(client.updateSchedule(schedule.name, { generation: 1, note: 'late' })).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining('is at generation 2, not 1'),
    });
    await expect(client.schedule('nobody')).rejects.toMatchObject({
      status: 404,
      next: expect.stringContaining('list'),
    });
  });

  it('are paused and unpaused, and remember who did and why', async () => {
    const { name } = (await create()).schedule;
    const { client } = server();
    expect((await client.pauseSchedule(name, 'pause', 'no data')).schedule).toMatchObject({
      paused: true,
      note: 'no data',
    });
    expect((await client.pauseSchedule(name, 'pause', null)).schedule).toMatchObject({ generation: 2 });
    expect((await client.pauseSchedule(name, 'unpause', null)).schedule).toMatchObject({ paused: false, note: null });
    expect(temporal.told.get(name)).toMatchObject({ generation: 3, paused: false });
    const history = (await client.scheduleHistory(name)).items;
    expect(history.map(({ change, note, updatedBy }) => [change, note, updatedBy])).toEqual([
      ['unpaused', null, 'ada'],
      ['paused', 'no data', 'ada'],
      ['created', null, 'ada'],
    ]);
  });

  it('start a run for the present, to the second', async () => {
    const { name } = (await create()).schedule;
    const started = { scheduledAt: 0, startedAt: 0 };
    temporal.timing = { recent: [] };
    const before = Math.floor(Date.now() / 1_000) * 1_000;
    const triggering = server().client.triggerSchedule(name);
    await expect.poll(() => temporal.triggered.at(-1)).toBeGreaterThanOrEqual(before);
    const logicalTime = `${new Date(temporal.triggered.at(-1) ?? 0).toISOString().slice(0, 19)}Z`;
    temporal.timing = { recent: [{ workflowId: `default/run/${name}-${logicalTime}`, ...started }] };
    expect(await triggering).toEqual({
      runId: `${name}-${logicalTime.replace(/[-:]/g, '')}`,
      ...{ logicalTime, started: true },
    });
  });
});

it('a retry of a run that a schedule started is one of the schedule, for the same time', async () => {
  const { client, stores } = server();
  const version = await stores.metadata.pipelines.get('rows', 'latest');
  await stores.metadata.runs.create({
    ...{ id: 'nightly-20260101T020000Z', pipeline: 'rows', pipelineVersion: 1, name: null, driver: 'local' },
    ...{ compiledDigest: `${version?.compiledDigest}`, workflowId: null, params: { source: 'a' }, submittedBy: 'ada' },
    ...{ retryOf: null, rerunFrom: [], logicalTime: '2026-01-01T02:00:00Z', partition: null, schedule: 'nightly' },
  });
  const end = { status: 'failed', output: null, error: 'no rows', at: 1 } as const;
  await stores.metadata.runs.end('nightly-20260101T020000Z', end);
  const { run } = await client.retryRun('nightly-20260101T020000Z', {});
  expect(run).toMatchObject({ logicalTime: '2026-01-01T02:00:00Z', schedule: 'nightly' });
  const listed = (await client.runs({ schedule: 'nightly' })).items;
  expect(listed.map(({ id }) => id).sort()).toEqual(['nightly-20260101T020000Z', run.id].sort());
});

describe('while Temporal is away, schedules', () => {
  it('are kept, changed and deleted, and Temporal is told when it is back', async () => {
    const doomed = (await create()).schedule;
    temporal.away = 'yes';
    const { schedule, timing, notices } = await create();
    expect([timing, notices]).toEqual([null, [expect.stringContaining('does not answer. It is kept')]]);
    await server().client.removeSchedule(doomed.name);
    await expect(server().client.triggerSchedule(schedule.name)).rejects.toMatchObject({ code: 'temporalAway' });
    expect((await server().client.schedule(schedule.name)).notices).toEqual([expect.stringContaining('is not known')]);
    await expect(reconcile()).rejects.toThrow('does not answer');
    temporal.away = 'no';
    expect((await server().client.schedule(schedule.name)).notices).toEqual([expect.stringContaining('not been told')]);
    await reconcile();
    expect(temporal.told.get(schedule.name)).toEqual(schedule);
    expect(temporal.told.has(doomed.name)).toBe(false);
  });

  it('that were unpaused past this API are paused again', async () => {
    const { schedule } = await create({ paused: true });
    temporal.told.set(schedule.name, { ...schedule, paused: false });
    await reconcile();
    expect(temporal.told.get(schedule.name)).toEqual(schedule);
  });
});
