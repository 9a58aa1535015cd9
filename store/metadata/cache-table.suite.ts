import { describe, expect, it } from 'vitest';
import type { CacheEntry } from './cache-table.ts';
import type { SuiteContext } from './metadata-store.suite.ts';

export function cacheTableSuite(context: () => SuiteContext): void {
  describe('cache', () => {
    const entry = (key: string, changes: Partial<CacheEntry> = {}): CacheEntry => ({
      key,
      pipeline: 'churn',
      step: 'train',
      output: { auc: 0.7, notes: null },
      runId: 'r',
      path: 'trials/train[0]',
      parts: { code: 'c', inputs: 'i' },
      createdAt: 10,
      ...changes,
    });

    it('finds many keys in one look, and only those', async () => {
      const { cache } = context().store;
      for (const key of ['a', 'b', 'c']) await cache.put(entry(key));
      const found = await cache.get(['a', 'c', 'x']);
      expect([...found.keys()].sort()).toEqual(['a', 'c']);
      expect(found.get('a')).toEqual(entry('a'));
      expect(await cache.get([])).toEqual(new Map());
    });

    it('looks for more keys than one statement takes', async () => {
      const { cache } = context().store;
      await cache.put(entry('k1999'));
      const found = await cache.get(Array.from({ length: 2_000 }, (_, index) => `k${index}`));
      expect([...found.keys()]).toEqual(['k1999']);
    });

    it('replaces an entry that is put again', async () => {
      const { cache } = context().store;
      await cache.put(entry('a'));
      await cache.put(entry('a', { output: 2, createdAt: 20, runId: 's' }));
      expect((await cache.get(['a'])).get('a')).toEqual(entry('a', { output: 2, createdAt: 20, runId: 's' }));
    });

    it('has the newest entry of a place in a pipeline', async () => {
      const { cache } = context().store;
      await cache.put(entry('new', { createdAt: 20 }));
      await cache.put(entry('old', { createdAt: 10 }));
      await cache.put(entry('elsewhere', { createdAt: 30, path: 'other' }));
      await cache.put(entry('another', { createdAt: 30, pipeline: 'other' }));
      expect((await cache.latest('churn', 'trials/train[0]'))?.key).toBe('new');
      expect(await cache.latest('churn', 'nowhere')).toBeNull();
    });

    it('forgets what is deleted', async () => {
      const { cache } = context().store;
      await cache.put(entry('a'));
      await cache.put(entry('b'));
      await cache.delete('a');
      expect([...(await cache.get(['a', 'b'])).keys()]).toEqual(['b']);
    });
  });
}
