import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../ir/json.ts';
import { samplePipeline } from '../testing/sample-pipeline.suite.ts';
import { startTestServer, type TestServer } from '../testing/test-server.suite.ts';

const CANARY = 'canary-5f2c8e';

describe('the routes of secrets', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer();
  });
  afterEach(() => server.close());

  it('take values in, and give none out', async () => {
    const { client, stores } = server;
    const set = await client.setSecret('api-key', CANARY);
    expect(set).toMatchObject({ name: 'api-key', version: 1, setBy: 'ada' });
    expect(JSON.stringify([set, await client.secrets()])).not.toContain(CANARY);
    expect(await stores.secrets.resolve({ secret: 'api-key', version: null })).toMatchObject({ value: CANARY });
    expect(await client.deleteSecret('api-key')).toEqual({ items: [] });
    await expect(client.deleteSecret('api-key')).rejects.toMatchObject({ status: 404 });
  });

  it('give no value by the name of one, by any method', async () => {
    await server.client.setSecret('api-key', CANARY);
    const url = `${server.url}/api/v1/projects/default/secrets/api-key`;
    for (const method of ['GET', 'POST', 'PATCH']) {
      const init = { method, headers: { 'content-type': 'application/json' } };
      const answer = await fetch(url, method === 'GET' ? init : { ...init, body: '{}' });
      expect([answer.status, (await answer.text()).includes(CANARY)]).toEqual([404, false]);
    }
  });

  it.each([
    ['api key', 'v'],
    ['..data', 'v'],
    ['k', ''],
    ['k', 'a\0b'],
    ['k', `${CANARY}${'x'.repeat(65_536)}`],
  ])('refuse %j, and do not repeat the value', async (name, value) => {
    const refused = server.client.setSecret(name, value).catch((error: unknown) => error);
    expect(await refused).toMatchObject({ code: 'invalidRequest' });
    expect(String(await refused)).not.toContain(CANARY);
  });

  it('tell what any pipeline misses, however often another was submitted since', async () => {
    const { metadata, artifacts } = server.stores;
    const { ir, ...compiled } = samplePipeline('quiet').compiled;
    const { load } = ir.steps;
    if (load === undefined) throw new Error('the sample has no step');
    const settings = { ...load.settings, secrets: { key: { secret: 'api-key', version: null } } };
    const reading = { ...compiled, ir: { ...ir, steps: { load: { ...load, settings } } } };
    const blob = await artifacts.putBlob(new TextEncoder().encode(canonicalJson(reading)));
    const add = (pipeline: string, compiledDigest: string) =>
      metadata.pipelines.add({ pipeline, compiledDigest, irDigest: compiled.irDigest, submittedBy: 'ada' });
    await add('quiet', blob);
    for (let version = 1; version < 210; version++) await add('busy', `sha256:${version}`);
    await add('busy', blob);
    await metadata.workers.heartbeat({
      ...{ id: 'w', queues: ['cpu'], host: 'h', pid: 1, externals: {}, startedAt: 0, leaseUntil: Date.now() + 60_000 },
      ...{ capacity: { memory: 1, cpu: 1, gpu: 0 }, details: { secrets: { variables: [], keys: [] } } },
    });
    expect((await server.client.missingSecrets()).items).toHaveLength(2);
  });

  it('are sealed by a new key once every worker that reads them has it', async () => {
    const { client, stores, home } = server;
    await client.setSecret('api-key', CANARY);
    const old = await readFile(join(home, 'secrets.key'), 'utf8');
    await writeFile(join(home, 'secrets.key'), `${Buffer.from('b'.repeat(32)).toString('base64')}\n${old}`);
    const [first = '', second = ''] = (await stores.storedSecrets.holds()).keys;
    const worker = (id: string, keys: readonly string[]) =>
      stores.metadata.workers.heartbeat({
        ...{ id, queues: ['cpu'], host: 'h', pid: 1, externals: {}, startedAt: 0, leaseUntil: Date.now() + 60_000 },
        ...{ capacity: { memory: 1, cpu: 1, gpu: 0 }, details: { secrets: { variables: [], keys } } },
      });
    await worker('without', []);
    await worker('old', [second]);
    await expect(client.resealSecrets()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`Nothing is changed: old cannot open what key ${first} seals.`),
    });
    expect((await client.secrets()).items).toMatchObject([{ keyId: second }]);
    await worker('old', [first, second]);
    expect(await client.resealSecrets()).toEqual({ keyId: first, resealed: 1, left: 0, others: 0 });
    expect((await client.secrets()).items).toMatchObject([{ keyId: first }]);
    expect(await stores.secrets.resolve({ secret: 'api-key', version: null })).toMatchObject({ value: CANARY });
  });

  it('leave the value in no file', async () => {
    await server.client.setSecret('api-key', CANARY);
    for (const file of await readdir(server.home, { recursive: true, withFileTypes: true })) {
      if (file.isFile()) expect(await readFile(join(file.parentPath, file.name), 'latin1')).not.toContain(CANARY);
    }
  });
});
