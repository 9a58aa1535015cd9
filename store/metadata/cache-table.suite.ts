import { describe, expect, it } from 'vitest';
import type { CacheEntry } from './cache-table.ts';
import type { SuiteContext } from './metadata-store.suite.ts';
import { newRun } from './run-table.suite.ts';
import { transition } from './task-table.suite.ts';

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

    it('has the newest entries of a place in a pipeline', async () => {
      const { cache } = context().store;
      await cache.put(entry('new', { createdAt: 20 }));
      await cache.put(entry('old', { createdAt: 10 }));
      await cache.put(entry('elsewhere', { createdAt: 30, path: 'other' }));
      await cache.put(entry('another', { createdAt: 30, pipeline: 'other' }));
      const kept = (createdAt: number) => ({ runId: 'r', path: 'trials/train[0]', parts: entry('').parts, createdAt });
      expect(await cache.recent('churn', 'trials/train[0]', 5)).toEqual([kept(20), kept(10)]);
      expect(await cache.recent('churn', 'trials/train[0]', 1)).toEqual([kept(20)]);
      expect(await cache.recent('churn', 'nowhere', 5)).toEqual([]);
    });

    describe('claims', () => {
      const by = (runId: string, path = 'a') => ({ runId, path });
      const claim = (who: ReturnType<typeof by>, key = 'k', leaseUntil = 100) => ({ key, by: who, leaseUntil });
      const holder = async (who: ReturnType<typeof by>, now = 0) =>
        (await context().store.cache.claim([claim(who)], now)).get('k');
      const begin = async (...ids: string[]) => {
        for (const id of ids) await context().store.runs.create(newRun(id));
      };

      it('are the first one’s, whoever asks, and may be made again', async () => {
        await begin('r', 's');
        expect(await holder(by('r'))).toEqual(by('r'));
        expect(await holder(by('s'))).toEqual(by('r'));
        expect(await holder(by('r', 'b'))).toEqual(by('r'));
        expect(await holder(by('r'))).toEqual(by('r'));
      });

      it('are made of many keys at once, each for itself', async () => {
        await begin('r', 's');
        await holder(by('r'));
        const keys = Array.from({ length: 1_200 }, (_, index) => `k${index}`);
        const { cache } = context().store;
        const held = await cache.claim(
          [...keys, 'k'].map((key) => claim(by('s'), key)),
          0,
        );
        expect(held.size).toBe(1_201);
        expect([held.get('k'), held.get('k0'), held.get('k1199')]).toEqual([by('r'), by('s'), by('s')]);
        expect(await cache.claim([], 0)).toEqual(new Map());
      });

      it.each<[string, (store: SuiteContext['store']) => Promise<unknown>]>([
        ['run has ended', ({ runs }) => runs.end('r', { status: 'failed', output: null, error: 'x', at: 5 })],
        ['run was given up', ({ runs }) => runs.end('r', { status: 'failed', output: null, error: 'x', at: 5 })],
        ['task has failed', ({ tasks }) => tasks.record('r', [transition('a', 1, { status: 'failed' })])],
        ['task was cancelled', ({ tasks }) => tasks.record('r', [transition('a', 1, { status: 'cancelled' })])],
      ])('pass on when their %s', async (_, end) => {
        await begin('r', 's');
        await context().store.tasks.record('r', [transition('a', 0), transition('b', 3, { status: 'failed' })]);
        await holder(by('r'));
        expect(await holder(by('s'))).toEqual(by('r'));
        await end(context().store);
        expect(await holder(by('s'))).toEqual(by('s'));
        expect(await holder(by('r', 'b'))).toEqual(by('s'));
      });

      it('pass on when nobody knows their run, or their lease has run out', async () => {
        await begin('r', 's');
        await holder(by('unknown'));
        expect(await holder(by('r'))).toEqual(by('r'));
        expect(await holder(by('s'), 99)).toEqual(by('r'));
        expect(await holder(by('s'), 100)).toEqual(by('s'));
      });

      it('pass on when their run is paused and nobody works at them', async () => {
        await begin('r', 's');
        const { runs, tasks } = context().store;
        const attempt = { runId: 'r', path: 'a', attempt: 1, delivery: 'd', worker: 'w', queue: 'cpu', startedAt: 1 };
        await holder(by('r'));
        await tasks.startAttempt(attempt);
        await runs.setPause('r', { by: 'ada', at: 2, note: null }, 1);
        expect(await holder(by('s'))).toEqual(by('r'));
        await tasks.endAttempt(attempt, { status: 'failed', at: 3, failure: null });
        expect(await holder(by('s'))).toEqual(by('s'));
        await runs.setPause('r', null, 2);
        expect(await holder(by('r'))).toEqual(by('s'));
      });

      it('are given back with a result by the one that has it, and by no other', async () => {
        await begin('r', 's', 't');
        await holder(by('r'));
        await context().store.cache.put(entry('k', { runId: 's', path: 'a' }));
        expect(await holder(by('t'))).toEqual(by('r'));
        await context().store.cache.put(entry('k', { runId: 'r', path: 'a' }));
        expect(await holder(by('t'))).toEqual(by('t'));
      });

      it('are one project’s', async () => {
        await begin('r');
        await holder(by('r'));
        const theirs = await context().open('theirs');
        await theirs.runs.create(newRun('s'));
        expect((await theirs.cache.claim([claim(by('s'))], 0)).get('k')).toEqual(by('s'));
        expect(await holder(by('r', 'b'))).toEqual(by('r'));
      });
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
