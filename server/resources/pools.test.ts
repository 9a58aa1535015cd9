import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newRun } from '../../store/metadata/run-table.suite.ts';
import { FakeTemporal } from '../testing/fake-temporal.suite.ts';
import { startTestServer, type TestServer } from '../testing/test-server.suite.ts';

describe('the routes of pools', () => {
  let server: TestServer;
  let temporal: FakeTemporal;
  beforeEach(async () => {
    temporal = new FakeTemporal();
    server = await startTestServer(temporal);
  });
  afterEach(() => server.close());

  it('set, read and delete them', async () => {
    const { client } = server;
    expect(await client.setPool({ name: 'warehouse', slots: 2 })).toMatchObject({
      slots: 2,
      set: { updatedBy: 'ada' },
    });
    expect((await client.pools()).items).toMatchObject([{ name: 'warehouse', holds: [], waits: [] }]);
    expect(await client.pools({ limit: 1 })).toMatchObject({ items: [{ name: 'warehouse' }], cursor: null });
    await client.deletePool('warehouse');
    await expect(client.pool('warehouse')).rejects.toMatchObject({
      code: 'notFound',
      next: 'List them with `millrace pools list`, or make it: millrace pools set warehouse SLOTS',
    });
  });

  it('wake those whose turn comes with more slots', async () => {
    await server.client.setPool({ name: 'warehouse', slots: 0 });
    await server.stores.metadata.runs.create(newRun('r'));
    const leases = { standsUntil: Date.now() + 60_000, holdsUntil: Date.now() + 60_000 };
    const demands = [{ pool: 'warehouse', slots: 1, ownSize: null }];
    await server.stores.metadata.pools.take(
      { by: { runId: 'r', path: 'a' }, demands, priority: 3, workflowId: 'default/run/r', ...leases },
      Date.now(),
    );
    await server.client.setPool({ name: 'warehouse', slots: 1 });
    expect(temporal.orders).toEqual([{ kind: 'wake', path: 'a' }]);
    expect((await server.client.run('r')).pools).toMatchObject([{ name: 'warehouse', waits: [{ runId: 'r' }] }]);
  });

  it.each(['9lives', 'queue:', 'pipeline:a b'])('refuse the name %s', async (name) => {
    await expect(server.client.setPool({ name, slots: 1 })).rejects.toMatchObject({ code: 'invalidRequest' });
  });

  it('refuse to limit the control queue', async () => {
    await expect(server.client.setPool({ name: 'queue:millrace', slots: 1 })).rejects.toMatchObject({
      next: 'Limit the queues of tasks: millrace pools set queue:gpu 4',
    });
  });
});
