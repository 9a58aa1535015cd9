import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import type { SecretRef } from '../../ir/step-contract.ts';
import type { SecretHoldings } from '../../store/secrets/secret-provider.ts';
import type { ServerContext } from '../server-context.ts';
import { samplePipeline } from '../testing/sample-pipeline.suite.ts';
import { startTestServer, type TestServer } from '../testing/test-server.suite.ts';
import { missingSecrets } from './check-secrets.ts';

const MINE = { secret: 'api-key', version: null };

function reading(ref: SecretRef): PipelineIR {
  const { ir } = samplePipeline('p').compiled;
  const { load } = ir.steps;
  if (load === undefined) throw new Error('the sample has no step');
  return { ...ir, steps: { load: { ...load, settings: { ...load.settings, secrets: { key: ref } } } } };
}

describe('what tasks miss', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer();
  });
  afterEach(() => server.close());

  const missing = (ref: SecretRef) => {
    const context: Pick<ServerContext, 'metadata' | 'storedSecrets' | 'secrets' | 'now'> = {
      ...server.stores,
      now: Date.now,
    };
    return missingSecrets(context, reading(ref));
  };
  const worker = (secrets?: SecretHoldings, id = 'w') =>
    server.stores.metadata.workers.heartbeat({
      ...{ id, queues: ['cpu'], host: 'h', pid: 1, externals: {}, startedAt: 0, leaseUntil: Date.now() + 60_000 },
      ...{ capacity: { memory: 1, cpu: 1, gpu: 0 }, details: secrets === undefined ? {} : { secrets } },
    });

  it('is not known while no worker is up, or has said what it holds', async () => {
    expect(await missing(MINE)).toEqual([]);
    await worker();
    expect(await missing(MINE)).toEqual([]);
  });

  it('is what a worker of the queue does not hold', async () => {
    await worker({ variables: ['MILLRACE_SECRET_OTHER'], keys: [] });
    await worker({ variables: ['MILLRACE_SECRET_API_KEY'], keys: [] }, 'has-it');
    const [found, ...others] = await missing(MINE);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ pipeline: 'p', task: 'load', secret: 'api-key' });
    expect(found?.message).toMatch(/^Task load reads the secret 'api-key', which w on queue cpu cannot read/);
    expect(found?.message).toContain('millrace secrets set api-key');
  });

  it('is not what is stored and sealed by a key that the worker has', async () => {
    const { keyId } = await server.client.setSecret('api-key', 'v');
    await worker({ variables: [], keys: [keyId] });
    expect(await missing(MINE)).toEqual([]);
    expect(await missing({ secret: 'api-key', version: '1' })).toEqual([]);
    expect(await missing({ secret: 'api-key', version: '2' })).toHaveLength(1);
    await worker({ variables: [], keys: ['another'] });
    expect(await missing(MINE)).toHaveLength(1);
  });
});
