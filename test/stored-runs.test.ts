import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approval, definePipeline, finallyDo, registered, sleep } from '../dsl/index.ts';
import { promote } from '../dsl/promote.ts';
import type { ArtifactRef } from '../ir/artifact.ts';
import { digestOfBytes } from '../ir/digest.ts';
import { type ApprovalAnswer, DECIDE_UPDATE, rolloutWorkflowId } from '../ir/protocol/workflow-names.ts';
import { type StoredRuns, storedRuns } from './support/stored-runs.ts';
import { until } from './support/until.ts';

let runs: StoredRuns;
beforeAll(async () => {
  runs = await storedRuns();
});
afterAll(() => runs.close());

/** Runs it by both drivers, and gives how each row ended. */
async function endsOf(compiledDigest: string) {
  const { runId, handle } = await runs.start(compiledDigest);
  await handle.result();
  return [await runs.stores.metadata.runs.get(runId), await runs.runLocally(compiledDigest)];
}

describe('a run that cannot be opened ends as failed and says what is missing, and the cure', () => {
  const promoteRegistered = () => promote({ model: registered('nobody@champion'), name: 'nobody' });

  it('when the version that it reads does not exist', async () => {
    const digest = await runs.compile(definePipeline({ name: 'stored' }, promoteRegistered));
    const error = expect.stringMatching(/^Model 'nobody' has no 'champion' yet\. Promote a version first/);
    const failed = { status: 'failed', error, endedAt: expect.any(Number) };
    expect(await endsOf(digest)).toMatchObject([failed, failed]);
  });

  it('when its compiled pipeline is gone', async () => {
    const digest = digestOfBytes(Buffer.from('never stored'));
    const error = expect.stringMatching(
      new RegExp(`^The compiled pipeline ${digest} is not in the artifact store .*submit the pipeline again\\.$`),
    );
    const failed = { status: 'failed', error, endedAt: expect.any(Number) };
    expect(await endsOf(digest)).toMatchObject([failed, failed]);
  });
});

describe('an approval', () => {
  const asked = () => approval({ timeout: '1d', onTimeout: { approve: {} } });

  it('fails in a run of one process, whatever its timeout would have said', async () => {
    const digest = await runs.compile(definePipeline({ name: 'stored' }, () => asked().approved));
    const error = expect.stringContaining("'approval' waits for a person");
    expect(await runs.runLocally(digest)).toMatchObject({ status: 'failed', error });
  });

  it('that was cancelled takes no decision, though the run goes on', async () => {
    const digest = await runs.compile(
      definePipeline({ name: 'stored' }, () => {
        asked();
        finallyDo(() => sleep('2s'));
      }),
    );
    const { handle, runId } = await runs.start(digest);
    await until('it is open', async () => (await statusOf(runId, 'approval')) === 'waiting');
    await handle.cancel();
    await until('it is cancelled', async () => (await statusOf(runId, 'approval')) === 'cancelled');
    const args: [ApprovalAnswer] = [{ path: 'approval', approved: true, by: 'ada', form: {}, roles: [] }];
    await expect(handle.executeUpdate(DECIDE_UPDATE, { args })).rejects.toMatchObject({
      cause: { message: expect.stringContaining("'approval' is not open") },
    });
    expect(await handle.result()).toMatchObject({ status: 'cancelled' });
  });

  const statusOf = async (runId: string, path: string) => (await runs.stores.metadata.tasks.get(runId, path))?.status;
});

describe('a run that is cancelled while its rollout goes on', () => {
  const author = { runId: null, taskPath: null, createdBy: 'tests' };
  const model = (content: string): ArtifactRef<'model'> => {
    const digest = digestOfBytes(Buffer.from(content));
    return { artifact: 'model', digest, uri: `file:///${content}`, size: 1, metadata: {} };
  };
  /** A replica that has applied everything up to a generation. */
  const applied = (generation: number) =>
    runs.stores.metadata.endpoints.heartbeat({
      id: 'one',
      url: '',
      leaseUntil: Date.now() + 600_000,
      applied: { flights: { generation, error: null } },
    });

  it('ends as cancelled, and the rollout ends as it would have', async () => {
    const { registry, endpoints, runs: rows } = runs.stores.metadata;
    for (const content of ['old', 'new']) {
      await registry.addVersion({ model: 'flights', artifact: model(content), evidence: {}, ...author });
    }
    await endpoints.set(
      { name: 'flights', traffic: [{ model: 'flights', version: 1, percent: 100 }], updatedBy: 'me' },
      0,
    );
    await applied(1);
    const canary = { canary: [5, 100] };
    const digest = await runs.compile(
      definePipeline({ name: 'stored' }, () =>
        promote({ model: registered('flights@v2'), endpoint: 'flights', strategy: canary }),
      ),
    );
    const { runId, handle } = await runs.start(digest);
    await until('the first share is set', async () => (await endpoints.get('flights'))?.traffic.length === 2);
    await handle.cancel();
    expect(await handle.result()).toMatchObject({ status: 'cancelled' });
    expect(await rows.get(runId)).toMatchObject({ status: 'cancelled' });
    // Until now no replica has applied the first share, so the rollout still stands there.
    expect((await endpoints.get('flights'))?.traffic).toHaveLength(2);

    await applied(1_000);
    const rollout = runs.client.workflow.getHandle(rolloutWorkflowId('default', 'flights', runId, 'promote'));
    expect(await rollout.result()).toMatchObject({ status: 'promoted', version: 2 });
    expect(await endpoints.get('flights')).toMatchObject({ traffic: [{ version: 2, percent: 100 }] });
    expect(await registry.alias('flights', 'champion')).toMatchObject({ version: 2 });
  });
});
