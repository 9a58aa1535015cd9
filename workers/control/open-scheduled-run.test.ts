import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { daily, definePipeline } from '../../dsl/index.ts';
import { canonicalJson } from '../../ir/json.ts';
import { type ScheduledStart, startedRunAt, startedRunOf } from '../../ir/protocol/scheduled-start.ts';
import { openStores, type Stores } from '../../store/open-stores.ts';
import { compiledOf } from '../../workflows/interpreter-driver.suite.ts';
import { compiledPipelines } from '../compiled-pipelines.ts';
import { openScheduledRun } from './open-scheduled-run.ts';

const AT = Date.parse('2026-01-01T03:00:00Z');
const start: ScheduledStart = {
  ...{ project: 'default', schedule: 'nightly', generation: 1, pipeline: 'rows', version: null },
  ...{ params: { source: 'a' }, priority: 5, by: 'ada' },
};

let home = '';
let stores: Stores;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-scheduled-'));
  stores = await openStores({ home, project: 'default' });
});
afterEach(async () => {
  await stores.close();
  await rm(home, { recursive: true, force: true });
});

/** Submits a version of the pipeline `rows`, with this default for one of its parameters. */
async function submit(rows: number): Promise<string> {
  const params = z.object({ source: z.string(), rows: z.number().default(rows) });
  const compiled = compiledOf(definePipeline({ name: 'rows', params }, ({ params }) => params.rows));
  const compiledDigest = await stores.artifacts.putBlob(new TextEncoder().encode(canonicalJson(compiled)));
  await stores.metadata.pipelines.add({
    ...{ pipeline: 'rows', compiledDigest, irDigest: compiled.irDigest, submittedBy: 'eve' },
  });
  return compiledDigest;
}

const open = (changes: Partial<ScheduledStart> = {}, at = AT) =>
  openScheduledRun(
    { ...start, ...changes },
    startedRunAt('default', 'nightly', at),
    stores.metadata,
    compiledPipelines(stores.artifacts),
  );
const row = () => stores.metadata.runs.get('nightly-20260101T030000Z');

describe('the run of a start', () => {
  it('is told by the id that Temporal gives to its workflow', () => {
    const run = startedRunAt('default', 'nightly', AT + 999);
    expect(run).toEqual({
      runId: 'nightly-20260101T030000Z',
      workflowId: 'default/run/nightly-2026-01-01T03:00:00Z',
      logicalTime: '2026-01-01T03:00:00Z',
    });
    expect(startedRunOf('nightly', run.workflowId)).toEqual(run);
    expect(() => startedRunOf('nightly', 'default/run/nightly')).toThrow('was not started by schedule');
  });

  it('has its row, with the newest version and its defaults', async () => {
    await submit(1);
    const compiledDigest = await submit(2);
    const request = {
      ...{ project: 'default', runId: 'nightly-20260101T030000Z', pipeline: 'rows', compiledDigest },
      ...{ params: { source: 'a', rows: 2 }, logicalTime: '2026-01-01T03:00:00Z', partition: null, retryOf: null },
      ...{ rerunFrom: [], cache: null, priority: 5 },
    };
    expect(await open()).toEqual({ kind: 'opened', request });
    expect(await row()).toMatchObject({
      ...{ pipeline: 'rows', pipelineVersion: 2, schedule: 'nightly', submittedBy: 'ada', status: 'pending' },
      ...{ workflowId: 'default/run/nightly-2026-01-01T03:00:00Z', logicalTime: '2026-01-01T03:00:00Z' },
    });
  });

  it('keeps the version that it was opened with, however often it is asked for', async () => {
    await submit(1);
    const first = await open();
    await submit(2);
    expect(await open()).toEqual(first);
    expect(await open({}, AT + 1_000)).toMatchObject({ request: { params: { rows: 2 } } });
  });

  it('takes the version that is pinned', async () => {
    await submit(1);
    await submit(2);
    expect(await open({ version: 1 })).toMatchObject({ request: { params: { rows: 1 } } });
  });

  it('is of the partition that ended last, and for the end of it', async () => {
    const partitions = daily({ start: '2025-12-01', end: '2025-12-31', timezone: 'Europe/Berlin' });
    const compiled = compiledOf(definePipeline({ name: 'parted', partitions }, ({ run }) => run.partition));
    const compiledDigest = await stores.artifacts.putBlob(new TextEncoder().encode(canonicalJson(compiled)));
    const version = { pipeline: 'parted', compiledDigest, irDigest: compiled.irDigest, submittedBy: 'eve' };
    await stores.metadata.pipelines.add(version);
    const place = { partition: '2025-12-31', logicalTime: '2025-12-31T23:00:00Z' };
    expect(await open({ pipeline: 'parted', params: {} })).toMatchObject({ kind: 'opened', request: place });
    expect(await row()).toMatchObject({ ...place, schedule: 'nightly' });
    const late = await open({ pipeline: 'parted', params: {} }, AT + 86_400_000);
    const error = expect.stringContaining('2026-01-01 comes after its last day, 2025-12-31.');
    expect(late).toMatchObject({ kind: 'over', status: 'failed', error });
  });

  it.each<[string, Partial<ScheduledStart>, RegExp]>([
    [
      'a pipeline that is not there',
      { pipeline: 'gone' },
      /^Schedule nightly starts pipeline gone, which there is not/,
    ],
    ['a version that is not there', { version: 9 }, /version 9 of pipeline rows, which .* schedules update nightly/],
    ['parameters that do not fit', { params: { source: 'a', rows: 'many' } }, /rows version 1 does not take: rows: /],
    ['parameters that are missing', { params: {} }, /source: is required/],
    ['parameters that there are not', { params: { source: 'a', row: 1 } }, /row: no such parameter; did you mean rows/],
  ])('that cannot be opened for %s has failed, and says why', async (_, changes, message) => {
    await submit(1);
    const opening = await open(changes);
    expect(opening).toMatchObject({ kind: 'over', status: 'failed', error: expect.stringMatching(message) });
    const { status, error, startedAt, endedAt } = (await row()) ?? {};
    expect([status, startedAt, typeof endedAt]).toEqual(['failed', null, 'number']);
    expect(error).toMatch(/Then start it again: millrace schedules trigger nightly$/);
    expect(await open()).toEqual(opening);
  });

  it('that could not be opened for a compiled pipeline that was lost has failed', async () => {
    const lost = { pipeline: 'rows', compiledDigest: `sha256:${'0'.repeat(64)}`, irDigest: 'i', submittedBy: 'eve' };
    await stores.metadata.pipelines.add(lost);
    expect(await open()).toMatchObject({ kind: 'over', error: expect.stringContaining('Restore it from a backup') });
  });

  it('that has ended is not started again', async () => {
    await submit(1);
    await open();
    const end = { status: 'cancelled', output: null, error: 'Cancelled before it started.', at: 1 } as const;
    await stores.metadata.runs.end('nightly-20260101T030000Z', end);
    expect(await open()).toEqual({ kind: 'over', status: 'cancelled', error: 'Cancelled before it started.' });
  });

  it('is not mixed up with one that somebody submitted under its id', async () => {
    await submit(1);
    await open();
    const run = { ...startedRunAt('default', 'nightly', AT), workflowId: 'default/run/nightly-20260101T030000Z' };
    const again = openScheduledRun(start, run, stores.metadata, compiledPipelines(stores.artifacts));
    await expect(again).rejects.toThrow('another run has that id');
  });
});
