import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { daily, definePipeline } from '../../dsl/index.ts';
import { canonicalJson } from '../../ir/json.ts';
import { backfillRunId } from '../../ir/protocol/backfill-order.ts';
import type { BackfillRerun } from '../../store/metadata/backfill-table.ts';
import { openStores, type Stores } from '../../store/open-stores.ts';
import { compiledOf } from '../../workflows/interpreter-driver.suite.ts';
import { compiledPipelines } from '../compiled-pipelines.ts';
import { endedRuns } from './ended-runs.ts';
import { openBackfillRun } from './open-backfill-run.ts';

const DAY = '2001-01-01';
let home = '';
let stores: Stores;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-opened-'));
  stores = await openStores({ home, project: 'default' });
  for (const id of ['first', 'second']) await create(id, 'missing');
});
afterEach(async () => {
  await stores.close();
  await rm(home, { recursive: true, force: true });
});

async function create(id: string, rerun: BackfillRerun): Promise<void> {
  const compiled = compiledOf(definePipeline({ name: 'days', partitions: daily({ start: DAY }) }, () => null));
  const compiledDigest = await stores.artifacts.putBlob(new TextEncoder().encode(canonicalJson(compiled)));
  await stores.metadata.backfills.create({
    ...{ id, request: id, pipeline: 'days', pipelineVersion: 1, compiledDigest, params: {}, concurrency: 1 },
    ...{ priority: null, partitions: [DAY], leftOut: 0, rerun, createdBy: 'ada' },
  });
}

const open = (backfill: string, round = 1, metadata = stores.metadata) => {
  const runId = backfillRunId(backfill, DAY, round);
  const start = { project: 'default', backfill, partition: DAY, runId };
  return openBackfillRun(start, `default/run/${runId}`, metadata, compiledPipelines(stores.artifacts));
};
const end = (runId: string, status: 'succeeded' | 'failed') =>
  stores.metadata.runs.end(runId, { status, output: null, error: null, at: Date.now() });
const round = (backfill: string) => ({ project: 'default', backfill, round: 1 });

it('a run is opened by both deliveries of one order, whichever writes the row, and when', async () => {
  const { runs } = stores.metadata;
  const overtaken: typeof runs = {
    ...runs,
    ofPartitions: async (of, partitions) => {
      const found = await runs.ofPartitions(of, partitions);
      await open('first');
      return found;
    },
  };
  expect(await open('first', 1, { ...stores.metadata, runs: overtaken })).toEqual(await open('first'));
});

describe('a partition that two backfills have', () => {
  it('is left to the first while its run goes on, and when that went well', async () => {
    expect(await open('first')).toMatchObject({ kind: 'opened', request: { partition: DAY } });
    expect(await open('second')).toEqual({ kind: 'elsewhere' });
    await end('first--2001-01-01', 'succeeded');
    expect(await open('second')).toEqual({ kind: 'elsewhere' });
    expect(await stores.metadata.runs.get('second--2001-01-01')).toBeNull();
    expect(await endedRuns(round('second'), ['second--2001-01-01', 'second--2001-01-02'], stores.metadata)).toEqual([
      ['second--2001-01-01', 'elsewhere'],
      ['second--2001-01-02', null],
    ]);
  });

  it('is run where the first failed, where it is to be run again, and by a retry', async () => {
    await open('first');
    await create('again', 'all');
    expect(await open('again')).toMatchObject({ kind: 'opened' });
    await end('first--2001-01-01', 'failed');
    await end('again--2001-01-01', 'failed');
    expect(await open('second')).toMatchObject({ kind: 'opened' });
    await end('second--2001-01-01', 'succeeded');
    expect(await open('first', 2)).toMatchObject({ kind: 'opened', request: { retryOf: 'first--2001-01-01' } });
  });
});
