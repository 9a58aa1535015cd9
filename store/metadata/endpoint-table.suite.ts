import { describe, expect, it } from 'vitest';
import type { SuiteContext } from './metadata-store.suite.ts';

export function endpointTableSuite(context: () => SuiteContext): void {
  const set = (name: string, version: number, expected: number) =>
    context().store.endpoints.set(
      { name, traffic: [{ model: 'm', version, percent: 100 }], updatedBy: 'ada' },
      expected,
    );

  describe('endpoints', () => {
    it('grow by a generation with every change', async () => {
      const { endpoints } = context().store;
      expect(await endpoints.get('e')).toBeNull();
      expect(await set('e', 1, 0)).toMatchObject({ generation: 1 });
      const second = await set('e', 2, 1);
      expect(second).toMatchObject({ generation: 2, traffic: [{ model: 'm', version: 2, percent: 100 }] });
      expect(await endpoints.get('e')).toEqual(second);
      await set('a', 1, 0);
      expect((await endpoints.list()).map(({ name }) => name)).toEqual(['a', 'e']);
    });

    it('refuse a change on top of what was not read', async () => {
      await expect(set('e', 1, 1)).rejects.toMatchObject({ kind: 'conflict' });
      await set('e', 1, 0);
      await expect(set('e', 2, 0)).rejects.toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining('at generation 1, not 0'),
      });
      expect(await context().store.endpoints.get('e')).toMatchObject({ generation: 1 });
    });

    it('let one of many through that read the same', async () => {
      await set('e', 1, 0);
      const tried = await Promise.allSettled([2, 3, 4].map((version) => set('e', version, 1)));
      expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await context().store.endpoints.get('e')).toMatchObject({ generation: 2 });
    });
  });

  describe('replicas', () => {
    const replica = (id: string, leaseUntil: number, generation = 1) => ({
      ...{ id, url: `http://${id}`, leaseUntil, applied: { e: { generation, error: null } } },
    });

    it('live until their lease runs out', async () => {
      const { endpoints } = context().store;
      await endpoints.heartbeat(replica('a', 100));
      await endpoints.heartbeat(replica('b', 200));
      expect((await endpoints.liveReplicas(99)).map(({ id }) => id)).toEqual(['a', 'b']);
      expect((await endpoints.liveReplicas(100)).map(({ id }) => id)).toEqual(['b']);
      expect(await endpoints.liveReplicas(200)).toEqual([]);
    });

    it('say with each heartbeat what they have applied', async () => {
      const { endpoints } = context().store;
      await endpoints.heartbeat(replica('a', 100));
      await endpoints.heartbeat(replica('a', 300, 2));
      expect(await endpoints.liveReplicas(150)).toEqual([replica('a', 300, 2)]);
    });

    it('are gone when they are removed', async () => {
      const { endpoints } = context().store;
      await endpoints.heartbeat(replica('a', 100));
      await endpoints.removeReplica('a');
      await endpoints.removeReplica('a');
      expect(await endpoints.liveReplicas(0)).toEqual([]);
    });
  });
}
