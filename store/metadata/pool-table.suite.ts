import { describe, expect, it } from 'vitest';
import type { SuiteContext } from './metadata-store.suite.ts';
import type { SlotRequest } from './pool-table.ts';
import { newRun } from './run-table.suite.ts';
import { transition } from './task-table.suite.ts';

/** What a test's task asks for: one slot of `warehouse` where nothing else is said. */
export function slotRequest(runId: string, path: string, changes: Partial<SlotRequest> = {}): SlotRequest {
  return {
    by: { runId, path },
    demands: [{ pool: 'warehouse', slots: 1, ownSize: null }],
    priority: 3,
    workflowId: `default/run/${runId}`,
    standsUntil: 1_000,
    holdsUntil: 10_000,
    ...changes,
  };
}

export function poolTableSuite(context: () => SuiteContext): void {
  describe('pools', () => {
    const begin = async (...ids: string[]) => {
      for (const id of ids) await context().store.runs.create(newRun(id));
    };
    const set = (slots: number, name = 'warehouse') => context().store.pools.set(name, slots, 'ada');
    const take = async (runId: string, path: string, now: number, changes: Partial<SlotRequest> = {}) =>
      (await context().store.pools.take(slotRequest(runId, path, changes), now)).kind;
    const of = (pool: string, slots: number) => ({ pool, slots, ownSize: null });
    const names = async (pool = 'warehouse', now = 50) => {
      const state = await context().store.pools.get(pool, now);
      const named = (places: NonNullable<typeof state>['holds'] = []) =>
        places.map(({ runId, path }) => `${runId}/${path}`);
      return { holds: named(state?.holds), waits: named(state?.waits) };
    };

    it('are set, listed by name, and deleted', async () => {
      const { pools } = context().store;
      await set(2);
      await set(1, 'api');
      await set(3);
      const state = { holds: [], waits: [], slots: 3, set: { slots: 3, updatedBy: 'ada' } };
      expect(await pools.get('warehouse', 0)).toMatchObject({ name: 'warehouse', ...state });
      expect((await pools.list(0)).map(({ name, slots }) => [name, slots])).toEqual([
        ['api', 1],
        ['warehouse', 3],
      ]);
      expect(await pools.sizes()).toMatchObject([{ name: 'api' }, { name: 'warehouse', slots: 3 }]);
      await pools.delete('api', 0);
      expect(await pools.get('api', 0)).toBeNull();
      await expect(pools.delete('api', 0)).rejects.toMatchObject({ kind: 'notFound' });
    });

    it('are listed by pages, by name, with those that a pipeline has', async () => {
      const { pools } = context().store;
      await begin('r');
      for (const name of ['d', 'a']) await set(2, name);
      const own = { pool: 'pipeline:p', slots: 1, ownSize: 4 };
      expect(await take('r', '', 1, { demands: [own, of('a', 1)] })).toBe('granted');
      const first = await pools.page(2, { limit: 2 });
      expect(first.items.map(({ name, slots, holds }) => [name, slots, holds.length])).toEqual([
        ['a', 2, 1],
        ['d', 2, 0],
      ]);
      const last = await pools.page(2, { limit: 2, cursor: first.cursor });
      expect(last).toMatchObject({ items: [{ name: 'pipeline:p', slots: 4 }], cursor: null });
      expect(await pools.page(2)).toEqual({ items: await pools.list(2), cursor: null });
      expect(await pools.page(2, { limit: 1, cursor: null })).toMatchObject({ items: [{ name: 'a' }] });
    });

    it('give so many slots as there are, first come first served', async () => {
      await begin('r', 's');
      await set(2);
      expect(await take('r', 'a', 1)).toBe('granted');
      expect(await take('s', 'a', 2)).toBe('granted');
      expect(await take('s', 'b', 3)).toBe('waits');
      expect(await take('r', 'b', 4)).toBe('waits');
      expect(await names()).toEqual({ holds: ['r/a', 's/a'], waits: ['s/b', 'r/b'] });
      const turn = { runId: 's', path: 'b', workflowId: 'default/run/s' };
      expect(await context().store.pools.giveBack({ runId: 'r', path: 'a' }, 6)).toEqual([turn]);
      expect(await take('r', 'b', 5)).toBe('waits');
      expect(await take('s', 'b', 6)).toBe('granted');
    });

    it('say the same again to who asks again', async () => {
      await begin('r');
      await set(1);
      expect(await take('r', 'a', 1)).toBe('granted');
      expect(await take('r', 'b', 2)).toBe('waits');
      expect(await take('r', 'a', 3)).toBe('granted');
      expect(await take('r', 'b', 4)).toBe('waits');
      expect(await names()).toEqual({ holds: ['r/a'], waits: ['r/b'] });
    });

    it('serve what has the higher priority before what came first', async () => {
      await begin('r', 's');
      await set(1);
      await take('r', 'a', 1);
      expect(await take('r', 'b', 2)).toBe('waits');
      expect(await take('s', 'a', 3, { priority: 1 })).toBe('waits');
      await context().store.pools.giveBack({ runId: 'r', path: 'a' }, 6);
      expect(await take('r', 'b', 4)).toBe('waits');
      expect(await take('s', 'a', 5)).toBe('granted');
    });

    it('are not starved of one that needs many slots by those behind it', async () => {
      await begin('r');
      await set(2);
      await take('r', 'a', 1);
      expect(await take('r', 'both', 2, { demands: [of('warehouse', 2)] })).toBe('waits');
      expect(await take('r', 'b', 3)).toBe('waits');
      await context().store.pools.giveBack({ runId: 'r', path: 'a' }, 6);
      expect(await take('r', 'b', 4)).toBe('waits');
      expect(await take('r', 'both', 5, { demands: [of('warehouse', 2)] })).toBe('granted');
    });

    it('let others pass who needs more than there are', async () => {
      await begin('r');
      await set(1);
      const huge = { demands: [of('warehouse', 2)] };
      expect(await take('r', 'huge', 1, huge)).toBe('waits');
      expect(await take('r', 'b', 2)).toBe('granted');
      await set(3);
      expect(await take('r', 'huge', 3, huge)).toBe('granted');
    });

    it('are had together or not at all', async () => {
      await begin('r');
      await set(1);
      await set(1, 'api');
      await take('r', 'a', 1);
      const both = { demands: [of('api', 1), of('warehouse', 1)] };
      expect(await take('r', 'both', 2, both)).toBe('waits');
      expect(await names('api')).toEqual({ holds: [], waits: ['r/both'] });
      await context().store.pools.giveBack({ runId: 'r', path: 'a' }, 6);
      expect(await take('r', 'both', 3, both)).toBe('granted');
      expect(await names('api')).toEqual({ holds: ['r/both'], waits: [] });
    });

    it('that become smaller leave what is had, and give nothing until it fits', async () => {
      await begin('r');
      await set(2);
      await take('r', 'a', 1);
      await take('r', 'b', 2);
      await set(1);
      await context().store.pools.giveBack({ runId: 'r', path: 'a' }, 6);
      expect(await take('r', 'c', 3)).toBe('waits');
      await context().store.pools.giveBack({ runId: 'r', path: 'b' }, 6);
      expect(await take('r', 'c', 4)).toBe('granted');
    });

    it.each<[string, (store: SuiteContext['store']) => Promise<unknown>]>([
      ['run has ended', ({ runs }) => runs.end('r', { status: 'failed', output: null, error: 'x', at: 5 })],
      ['run was given up', ({ runs }) => runs.end('r', { status: 'cancelled', output: null, error: 'x', at: 5 })],
      ['task has ended', ({ tasks }) => tasks.record('r', [transition('a', 2, { status: 'failed' })])],
    ])('come back when the %s', async (_, end) => {
      await begin('r', 's');
      await set(1);
      await take('r', 'a', 1);
      expect(await take('s', 'a', 2)).toBe('waits');
      await end(context().store);
      expect(await names()).toEqual({ holds: [], waits: ['s/a'] });
      expect(await take('s', 'a', 6)).toBe('granted');
    });

    it('come back when the lease has run out, and a place in line when nobody asks again', async () => {
      await begin('r', 's', 't');
      await set(1);
      await take('r', 'a', 1, { holdsUntil: 100 });
      await take('s', 'a', 2, { standsUntil: 50 });
      expect(await take('t', 'a', 99)).toBe('waits');
      expect(await take('t', 'a', 100)).toBe('granted');
    });

    it('come back all together when a run is over', async () => {
      await begin('r', 's');
      await set(2);
      await take('r', 'a', 1);
      await take('r', 'b', 2);
      await take('s', 'a', 3);
      await take('s', 'b', 4);
      const turns = await context().store.pools.giveBack({ runId: 'r', path: null }, 6);
      expect(turns.map(({ path }) => path)).toEqual(['a', 'b']);
    });

    it('are told of to who stands behind what died, when something else is given back', async () => {
      await begin('r', 's', 't', 'u');
      await set(2);
      await take('r', 'a', 1);
      await take('s', 'a', 2, { holdsUntil: 5 });
      await take('t', 'a', 3, { standsUntil: 5 });
      await take('u', 'a', 4);
      await take('u', 'b', 5);
      const turns = await context().store.pools.giveBack({ runId: 'r', path: 'a' }, 6);
      expect(turns.map(({ runId, path }) => `${runId}/${path}`)).toEqual(['u/a', 'u/b']);
    });

    it('are asked for by name', async () => {
      await begin('r');
      const { pools } = context().store;
      const demands = [of('api', 1), of('warehouse', 1)];
      await set(1);
      expect(await pools.take(slotRequest('r', 'a', { demands }), 1)).toEqual({ kind: 'noPool', pool: 'api' });
      expect(await names()).toEqual({ holds: [], waits: [] });
    });

    it('have the size that is asked with where nobody has set them', async () => {
      await begin('r', 's');
      const own = { demands: [{ pool: 'pipeline:flights', slots: 1, ownSize: 1 }] };
      expect(await take('r', '', 1, own)).toBe('granted');
      expect(await take('s', '', 2, own)).toBe('waits');
      expect(await context().store.pools.get('pipeline:flights', 3)).toMatchObject({ set: null, slots: 1 });
      await set(2, 'pipeline:flights');
      expect(await take('s', '', 4, own)).toBe('granted');
    });

    it('are not deleted while they are used', async () => {
      await begin('r');
      await set(1);
      await take('r', 'a', 1);
      const { pools, runs } = context().store;
      await expect(pools.delete('warehouse', 2)).rejects.toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining('millrace pools set warehouse 0'),
      });
      await runs.end('r', { status: 'failed', output: null, error: 'x', at: 5 });
      await pools.delete('warehouse', 6);
    });

    it('are each project’s own', async () => {
      await begin('r');
      await set(1);
      const other = await context().open('other');
      await other.runs.create(newRun('r'));
      await other.pools.set('warehouse', 1, 'ada');
      expect(await take('r', 'a', 1)).toBe('granted');
      expect(await other.pools.take(slotRequest('r', 'a'), 2)).toEqual({ kind: 'granted' });
    });
  });
}
