import { beforeEach, describe, expect, it } from 'vitest';
import type { Partitions } from '../../ir/partitions.ts';
import type { CreateBackfill } from '../client.ts';
import { FakeTemporal } from '../testing/fake-temporal.suite.ts';
import { samplePipeline } from '../testing/sample-pipeline.suite.ts';
import { testServer } from '../testing/test-server.suite.ts';

const temporal = new FakeTemporal();
const server = testServer(temporal);
const partitions: Partitions = {
  dimensions: [
    { kind: 'time', name: 'day', period: 'day', start: '2001-01-01', end: '2001-06-30', timezone: 'UTC' },
    { kind: 'static', name: 'region', keys: ['eu', 'us'] },
  ],
};

let pipeline = '';
let count = 0;
beforeEach(async () => {
  Object.assign(temporal, { away: 'no' });
  temporal.backfillOrders.length = 0;
  pipeline = `parted${++count}`;
  for (const each of [samplePipeline(pipeline, { partitions }), samplePipeline('whole')]) {
    for (const [digest, bytes] of each.blobs) await server().client.putBlob(digest, bytes);
    await server().client.addPipeline(each.compiled);
  }
});

const create = (changes: Partial<CreateBackfill> = {}) => {
  const two = { from: '2001-01-01', to: '2001-01-02', dimensions: { region: ['eu'] } };
  return server().client.createBackfill({ pipeline, params: { source: 'a' }, ...two, ...changes });
};

/** A run of a partition that has ended in this way. */
async function run(partition: string, status: 'succeeded' | 'failed', backfill: string | null = null): Promise<void> {
  const { runs } = server().stores.metadata;
  const id = `r${++count}`;
  await runs.create({
    ...{ id, pipeline, pipelineVersion: 1, compiledDigest: 'c', name: null, driver: 'local', workflowId: null },
    ...{ params: {}, submittedBy: 'ada', retryOf: null, rerunFrom: [], logicalTime: null, partition, schedule: null },
    backfill,
  });
  await runs.end(id, { status, output: null, error: null, at: 1 });
}

describe('backfills', () => {
  it('are kept with all that they need, told to Temporal, listed and read', async () => {
    const { backfill, counts, partitions } = await create({ order: 'descending', concurrency: 2, priority: 5 });
    expect(backfill).toMatchObject({
      priority: 5,
      pipeline,
      params: { source: 'a', rows: 10 },
      concurrency: 2,
      size: 2,
      round: 1,
    });
    expect(partitions.map(({ partition }) => partition)).toEqual([
      'day=2001-01-02,region=eu',
      'day=2001-01-01,region=eu',
    ]);
    expect(counts).toMatchObject({ missing: 2, succeeded: 0 });
    expect(temporal.backfillOrders).toEqual([
      { project: 'default', backfill: backfill.id, round: 1, concurrency: 2, begun: 0, live: [], isWell: true },
    ]);
    expect((await server().client.backfills({ pipeline })).items).toEqual([backfill]);
    expect((await server().client.backfill(backfill.id)).backfill).toEqual(backfill);
  });

  it('that are asked for twice are one, at the same instant too, and others are others', async () => {
    const [first, second] = await Promise.all([create(), create()]);
    expect(second.backfill).toEqual(first.backfill);
    expect((await create()).notices.at(-1)).toContain('which goes on');
    expect((await create({ concurrency: 5 })).backfill.id).not.toBe(first.backfill.id);
    expect((await create({ priority: 3 })).backfill.id).toBe(first.backfill.id);
    expect((await create({ name: 'mine' })).backfill.id).toBe('mine');
    await expect(create({ name: 'mine', to: '2001-01-03' })).rejects.toMatchObject({ status: 409 });
    expect((await server().client.backfills({ pipeline })).items).toHaveLength(3);
  });

  it('leave out what has a run, and do what failed where it is asked', async () => {
    await run('day=2001-01-01,region=eu', 'succeeded');
    await run('day=2001-01-02,region=eu', 'failed');
    await expect(create()).rejects.toMatchObject({ status: 409, next: expect.stringContaining('--rerun failed') });
    const failed = await create({ rerun: 'failed' });
    expect([failed.backfill.leftOut, failed.partitions.map(({ partition }) => partition)]).toEqual([
      1,
      ['day=2001-01-02,region=eu'],
    ]);
    expect((await create({ rerun: 'all' })).backfill).toMatchObject({ size: 2, leftOut: 0 });
  });

  it('show what another run has since, and a retry leaves it alone', async () => {
    const { backfill } = await create();
    await run('day=2001-01-01,region=eu', 'succeeded', 'other');
    await run('day=2001-01-02,region=eu', 'failed', 'other');
    const { counts, partitions } = await server().client.backfill(backfill.id);
    expect(counts).toMatchObject({ elsewhere: 1, missing: 1 });
    expect(partitions[0]).toMatchObject({ status: 'elsewhere', backfill: 'other', runId: `r${count - 1}` });
  });

  it('are cancelled in Temporal, or here where it has none; a retry is a round of what is not done', async () => {
    const { backfill } = await create();
    const { client, stores } = server();
    await expect(client.retryBackfill(backfill.id)).rejects.toMatchObject({ status: 409 });
    expect((await client.cancelBackfill(backfill.id, true)).backfill.status).toBe('running');
    const workflowId = `default/backfill/${backfill.id}/1`;
    expect(temporal.cancelledBackfills.at(-1)).toEqual([workflowId, { keepRunning: true }]);
    temporal.closed.set(workflowId, { closing: 'terminated', closedAt: 1 });
    expect((await client.cancelBackfill(backfill.id)).backfill.status).toBe('cancelled');
    await run('day=2001-01-01,region=eu', 'succeeded', backfill.id);
    await run('day=2001-01-02,region=eu', 'failed', backfill.id);
    expect((await client.retryBackfill(backfill.id)).backfill).toMatchObject({ round: 2, status: 'running' });
    expect(await stores.metadata.backfills.pending(backfill.id)).toEqual(['day=2001-01-02,region=eu']);
    expect(temporal.backfillOrders.at(-1)).toMatchObject({ round: 2 });
  });

  it.each<[Partial<CreateBackfill>, object]>([
    [{ from: '2001-02-30' }, { code: 'invalidPartition', message: expect.stringContaining('is no day') }],
    [{ to: '2001-07-01' }, { code: 'invalidPartition', message: expect.stringContaining('after its last day') }],
    [{ dimensions: { region: ['mars'] } }, { code: 'invalidPartition' }],
    [{ pipeline: 'whole' }, { code: 'invalidPartition', message: 'Pipeline whole has no partitions.' }],
    [{ partitions: ['day=2001-01-01,region=eu'] }, { status: 400, message: expect.stringContaining('either') }],
    [{ params: {} }, { code: 'invalidParams' }],
    [{ concurrency: 0 }, { status: 400 }],
    [{ name: 'a b' }, { status: 400 }],
  ])('%j are refused, and nothing is kept', async (changes, problem) => {
    await expect(create(changes)).rejects.toMatchObject(problem);
    expect((await server().client.backfills({ pipeline })).items).toEqual([]);
  });

  it('whose runs would have ids that are too long are refused', async () => {
    const keys = ['x'.repeat(60)];
    const long = samplePipeline(pipeline, { partitions: { dimensions: [{ kind: 'static', name: 'key', keys }] } });
    await server().client.addPipeline(long.compiled);
    const body = { pipeline, params: { source: 'a' }, name: 'y'.repeat(70) };
    await expect(server().client.createBackfill(body)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('the ids of its runs would have 137 characters'),
    });
  });

  it('of time that is not over are refused, unless they are asked for, as runs are', async () => {
    const day = { kind: 'time', name: 'day', period: 'day', start: '2001-01-01', end: null, timezone: 'UTC' } as const;
    await server().client.addPipeline(samplePipeline(pipeline, { partitions: { dimensions: [day] } }).compiled);
    const [body, key] = [{ pipeline, params: { source: 'a' } }, '2999-01-01'];
    const asked = { ...body, partitions: ['2999-01-02', key, '2001-01-01'] };
    const message = `Partition ${key} of ${pipeline} is not over: it ends at 2999-01-02T00:00:00Z.`;
    const refusal = { code: 'invalidPartition', message, next: expect.stringContaining('--future') };
    await expect(server().client.createBackfill(asked)).rejects.toMatchObject(refusal);
    await expect(server().client.submitRun({ ...body, partition: key })).rejects.toMatchObject(refusal);
    expect((await server().client.createBackfill({ ...asked, future: true })).backfill.size).toBe(3);
    expect((await server().client.submitRun({ ...body, partition: key, future: true })).run.partition).toBe(key);
  });

  it('go up to what has ended where nothing says up to when, and with `future` up to the last', async () => {
    const [start, end] = ['2025-01', '2999-12'];
    const months = { kind: 'time', name: 'month', period: 'month', start, end, timezone: 'UTC' } as const;
    await server().client.addPipeline(samplePipeline(pipeline, { partitions: { dimensions: [months] } }).compiled);
    const body = { pipeline, params: { source: 'a' }, order: 'descending' } as const;
    const { partitions } = await server().client.createBackfill(body);
    const last = partitions[0]?.partition ?? '';
    expect([last >= start, last < new Date().toISOString().slice(0, 7)]).toEqual([true, true]);
    const grid = await server().client.partitions(pipeline, {});
    expect(grid.items.map(({ partition }) => partition)).toEqual(
      partitions.map(({ partition }) => partition).reverse(),
    );
    const { partitions: all } = await server().client.createBackfill({ ...body, from: '2999-11', future: true });
    expect(all.map(({ partition }) => partition)).toEqual(['2999-12', '2999-11']);
  });

  it('are not kept while Temporal is away', async () => {
    temporal.away = 'yes';
    await expect(create()).rejects.toMatchObject({ code: 'temporalAway' });
    expect((await server().client.backfills({ pipeline })).items).toEqual([]);
  });
});

describe('the partitions of a pipeline', () => {
  it('are listed by pages, each with its newest run', async () => {
    await run('day=2001-01-02,region=us', 'failed');
    const choice = { from: '2001-01-02', to: '2001-01-03', limit: 3 };
    const first = await server().client.partitions(pipeline, choice);
    expect(first.items.map(({ partition, status }) => [partition, status])).toEqual([
      ['day=2001-01-02,region=eu', 'missing'],
      ['day=2001-01-02,region=us', 'failed'],
      ['day=2001-01-03,region=eu', 'missing'],
    ]);
    const rest = await server().client.partitions(pipeline, { ...choice, cursor: first.cursor });
    expect([rest.items.map(({ partition }) => partition), rest.cursor]).toEqual([['day=2001-01-03,region=us'], null]);
    await expect(server().client.partitions(pipeline, { ...choice, cursor: 'x' })).rejects.toMatchObject({
      status: 400,
    });
  });

  it('are what a run is of, for the end of it; a retry is of the same', async () => {
    const { client, stores } = server();
    const body = { pipeline, params: { source: 'a' } };
    const { run } = await client.submitRun({ ...body, partition: 'region=eu,day=2001-01-31' });
    const place = { partition: 'day=2001-01-31,region=eu', logicalTime: '2001-02-01T00:00:00Z' };
    expect(run).toMatchObject(place);
    expect(temporal.started.get(`${run.workflowId}`)).toMatchObject(place);
    await stores.metadata.runs.end(run.id, { status: 'failed', output: null, error: 'e', at: 1 });
    expect((await client.retryRun(run.id, {})).run).toMatchObject(place);
    await expect(client.submitRun(body)).rejects.toMatchObject({ next: expect.stringContaining('--partition') });
    await expect(client.submitRun({ ...body, pipeline: 'whole', partition: 'eu' })).rejects.toMatchObject({
      status: 422,
    });
  });

  it('cannot be started by a schedule where they are by more than time', async () => {
    const schedule = { name: 'nightly', pipeline, params: { source: 'a' }, cron: '0 3 * * *' };
    await expect(server().client.createSchedule(schedule)).rejects.toMatchObject({
      code: 'invalidSchedule',
      message: expect.stringContaining('its partitions are by day, region; start them by backfills'),
    });
  });
});
