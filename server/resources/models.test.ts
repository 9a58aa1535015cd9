import { describe, expect, it } from 'vitest';
import { testServer } from '../testing/test-server.suite.ts';

const server = testServer();

describe('models', () => {
  it('give the rest of their versions, and of their history, by cursors that do not pass for each other', async () => {
    const { client, stores } = server();
    const { registry } = stores.metadata;
    const evidence = {};
    for (let version = 1; version <= 3; version++) {
      const artifact = { artifact: 'model', digest: `d${version}`, uri: 'file:///m', size: 1, metadata: {} } as const;
      await registry.addVersion({ model: 'm', artifact, evidence, runId: null, taskPath: null, createdBy: 'ada' });
      const move = { model: 'm', alias: 'champion', to: version, by: 'ada', reason: 'better', runId: null, evidence };
      await registry.moveAlias(move);
    }
    const detail = await client.model('m', { limit: 2 });
    const versions = await client.model('m', { limit: 2, cursor: detail.versions.cursor });
    const history = await client.modelHistory('m', { limit: 2, cursor: detail.history.cursor });
    expect(versions.versions).toMatchObject({ items: [{ version: 1 }], cursor: null });
    expect(history).toMatchObject({ items: [{ to: 1 }], cursor: null });
    const refused = { status: 400, message: expect.stringContaining('is no cursor of this list') };
    await expect(client.model('m', { cursor: detail.history.cursor })).rejects.toMatchObject(refused);
    await expect(client.modelHistory('m', { cursor: detail.versions.cursor })).rejects.toMatchObject(refused);
    await expect(client.modelHistory('none')).rejects.toMatchObject({ status: 404 });
  });
});
