import { expect, it } from 'vitest';
import { newRun } from '../../store/metadata/run-table.suite.ts';
import { testServer } from '../testing/test-server.suite.ts';

const server = testServer();

async function run(
  id: string,
  hasEnded: boolean,
  retryOf: string | null = null,
  backfill: string | null = null,
): Promise<void> {
  const { runs } = server().stores.metadata;
  await runs.create(newRun(id, { retryOf, backfill, driver: 'temporal' }));
  const outcome = { status: 'succeeded', output: null, error: null, at: Date.now() } as const;
  if (hasEnded) await runs.end(id, outcome);
}

it('deletes a run that has ended, and says what it was', async () => {
  await run('done', true);
  expect(await server().client.deleteRun('done')).toMatchObject({ id: 'done', status: 'succeeded' });
  await expect(server().client.run('done')).rejects.toMatchObject({ code: 'notFound' });
  await expect(server().client.deleteRun('done')).rejects.toMatchObject({ code: 'notFound' });
});

it('refuses a run that goes on, and one that such a run takes over from', async () => {
  await run('first', true);
  await run('again', false, 'first');
  const next = 'End it first: millrace runs cancel again';
  await expect(server().client.deleteRun('again')).rejects.toMatchObject({ code: 'conflict', next });
  await expect(server().client.deleteRun('first', true)).rejects.toMatchObject({
    ...{ code: 'conflict', message: 'Run first is what a run that goes on takes finished tasks over from.' },
  });
});

it('refuses a run of a backfill that goes on', async () => {
  const { backfills } = server().stores.metadata;
  await backfills.create({
    ...{ id: 'days', request: 'r', pipeline: 'p', pipelineVersion: 1, compiledDigest: 'c', params: {} },
    ...{ concurrency: 1, priority: null, partitions: ['2001-01-01'], leftOut: 0, rerun: 'missing', createdBy: 'ada' },
  });
  await run('days--2001-01-01', true, null, 'days');
  const refusal = { code: 'conflict', next: 'Wait for its end, or end it: millrace backfills cancel days' };
  await expect(server().client.deleteRun('days--2001-01-01')).rejects.toMatchObject(refusal);
  await backfills.endRound('days', 1, { status: 'succeeded', at: 1 });
  expect(await server().client.deleteRun('days--2001-01-01')).toMatchObject({ backfill: 'days' });
});

it('deletes a run that made versions of models only when it is told to, and leaves them', async () => {
  await run('made', true);
  const { registry } = server().stores.metadata;
  const artifact = { artifact: 'model', digest: 'sha256:m', uri: 'file:///m', size: 1, metadata: {} } as const;
  await registry.addVersion({ model: 'm', artifact, evidence: {}, runId: 'made', taskPath: 't', createdBy: 'ada' });
  const message = 'Run made made m v1.';
  await expect(server().client.deleteRun('made')).rejects.toMatchObject({ code: 'conflict', message });
  await server().client.deleteRun('made', true);
  expect(await registry.version('m', 1)).toMatchObject({ runId: 'made' });
});

it('collects as it is told, and leaves payloads alone without Temporal', async () => {
  await run('old', true);
  const order = { runs: '0', dryRun: true };
  const said = await server().client.collect(order);
  expect(said).toMatchObject({ dryRun: true, payloadsLeft: 'This API was started without Temporal.' });
  expect(said.runs).toContain('old');
  expect((await server().client.collect({ events: '0s', dryRun: true })).events).toBeGreaterThan(0);
  expect((await server().client.run('old')).run.id).toBe('old');
  expect((await server().client.collect({ runs: '0' })).runs).toEqual(said.runs);
  await expect(server().client.run('old')).rejects.toMatchObject({ code: 'notFound' });
});

it('refuses a policy that is none', async () => {
  const message = expect.stringContaining("How long logs are kept is '2 weeks'");
  await expect(server().client.collect({ logs: '2 weeks' })).rejects.toMatchObject({ code: 'invalidRequest', message });
});
