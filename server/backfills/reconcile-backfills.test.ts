import { pino } from 'pino';
import { beforeEach, expect, it } from 'vitest';
import type { Partitions } from '../../ir/partitions.ts';
import { backfillRunId, backfillWorkflowId } from '../../ir/protocol/backfill-order.ts';
import type { Backfill } from '../../store/metadata/backfill-table.ts';
import type { ServerContext } from '../server-context.ts';
import { FakeTemporal } from '../testing/fake-temporal.suite.ts';
import { samplePipeline } from '../testing/sample-pipeline.suite.ts';
import { testServer } from '../testing/test-server.suite.ts';
import { reconcileBackfills } from './reconcile-backfills.ts';

const temporal = new FakeTemporal();
const server = testServer(temporal);
const partitions: Partitions = {
  dimensions: [{ kind: 'time', name: 'day', period: 'day', start: '2001-01-01', end: '2001-06-30', timezone: 'UTC' }],
};
let count = 0;
beforeEach(async () => {
  const { compiled, blobs } = samplePipeline('parted', { partitions });
  for (const [digest, bytes] of blobs) await server().client.putBlob(digest, bytes);
  await server().client.addPipeline(compiled);
});

function context(): ServerContext {
  const log = pino({ level: 'silent' });
  return { ...server().stores, project: 'default', temporal, user: 'ada', log, now: () => 1_000 };
}

async function create(): Promise<{ id: string; workflowId: string }> {
  const asked = {
    pipeline: 'parted',
    params: { source: 'a' },
    from: '2001-01-01',
    to: '2001-01-02',
    rerun: 'all',
  } as const;
  const { backfill } = await server().client.createBackfill({ ...asked, name: `b${++count}` });
  return { id: backfill.id, workflowId: backfillWorkflowId('default', backfill.id, 1) };
}

const rowOf = async (id: string): Promise<Backfill> => (await server().client.backfill(id)).backfill;

const startedAgain = (id: string) => temporal.backfillOrders.filter(({ backfill }) => backfill === id).length - 1;

it('starts again what Temporal has lost, once, and leaves what goes on', async () => {
  const [lost, kept] = [await create(), await create()];
  temporal.begunBackfills.delete(lost.workflowId);
  await reconcileBackfills(context());
  await reconcileBackfills(context());
  expect([startedAgain(lost.id), startedAgain(kept.id)]).toEqual([1, 0]);
  expect((await rowOf(kept.id)).status).toBe('running');
});

it('waits for the runs that went on when it was lost to be ended', async () => {
  const { id, workflowId } = await create();
  temporal.begunBackfills.delete(workflowId);
  const { runs } = server().stores.metadata;
  const runId = backfillRunId(id, '2001-01-01', 1);
  await runs.create({
    ...{ id: runId, pipeline: 'parted', pipelineVersion: 1, compiledDigest: 'c', name: null, driver: 'temporal' },
    ...{ workflowId: 'w', params: {}, submittedBy: 'ada', retryOf: null, rerunFrom: [], logicalTime: null },
    ...{ partition: '2001-01-01', schedule: null, backfill: id },
  });
  await runs.start(runId, 1);
  await reconcileBackfills(context());
  expect(startedAgain(id)).toBe(0);
  await runs.end(runId, { status: 'failed', output: null, error: 'lost', at: 2 });
  await reconcileBackfills(context());
  expect(startedAgain(id)).toBe(1);
});

it.each([
  ['terminated', 'failed'],
  ['cancelled', 'cancelled'],
] as const)('ends one whose workflow was %s', async (closing, status) => {
  const { id, workflowId } = await create();
  temporal.closed.set(workflowId, { closing, closedAt: 77 });
  await reconcileBackfills(context());
  expect(await rowOf(id)).toMatchObject({ status, endedAt: 77 });
});
