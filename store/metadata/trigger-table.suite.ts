import { describe, expect, it } from 'vitest';
import type { SuiteContext } from './metadata-store.suite.ts';
import type { Firing, NewTrigger } from './trigger-table.ts';

export function newTrigger(name: string, changes: Partial<NewTrigger> = {}): NewTrigger {
  return {
    ...{ name, pipeline: 'flights', version: null, params: { source: 'é' } },
    spec: {
      on: { kind: 'runEnded', pipeline: 'features', statuses: ['succeeded'] },
      where: { kind: 'isNull', value: { kind: 'param', path: ['error'] } },
      ...{ bind: { day: ['partition'] }, partition: null, declared: false, since: 3, watched: 1 },
    },
    ...{ priority: 1, paused: false, note: null, updatedBy: 'ada' },
    ...changes,
  };
}

const firing = (key: string, sequence: number, changes: Partial<Firing> = {}): Firing => ({
  ...{ trigger: 't', key, sequence, kind: 'runEnded', eventAt: sequence * 10 },
  ...{ outcome: 'started', runId: 'r', depth: 1, reason: null, at: sequence * 10 + 1 },
  ...changes,
});

export function triggerTableSuite(context: () => SuiteContext): void {
  describe('triggers', () => {
    it('have a log of changes as schedules have, and names of their own', async () => {
      const { triggers, schedules } = context().store;
      const first = await triggers.set(newTrigger('t'), 'created', null);
      expect(first).toMatchObject({ ...newTrigger('t'), generation: 1 });
      const taken = { kind: 'conflict', message: expect.stringContaining("There is a trigger 't' already") };
      await expect(triggers.set(newTrigger('t'), 'created', null)).rejects.toMatchObject(taken);
      await triggers.set(newTrigger('t', { paused: true, note: 'why' }), 'paused', 1);
      expect((await triggers.history('t')).items.map(({ change, note }) => [change, note])).toEqual([
        ['paused', 'why'],
        ['created', null],
      ]);
      expect(await schedules.list()).toEqual([]);
      await triggers.remove('t', 'eve');
      expect([await triggers.get('t'), await triggers.list()]).toEqual([null, []]);
      expect(await triggers.set(newTrigger('t'), 'created', null)).toMatchObject({ generation: 4 });
    });

    it('fire once for a key, and list it by pages, the newest first', async () => {
      const { triggers } = context().store;
      expect(await triggers.addFiring(firing('a', 1))).toBe(true);
      expect(await triggers.addFiring(firing('a', 1, { outcome: 'refused', runId: null, reason: 'x' }))).toBe(false);
      await triggers.addFiring(firing('b', 2, { outcome: 'filtered', runId: null, reason: 'no' }));
      await triggers.addFiring(firing('a', 3, { trigger: 'other' }));
      expect([await triggers.firing('t', 'a'), await triggers.firing('t', 'c')]).toEqual([firing('a', 1), null]);
      await triggers.addFiring(firing('c', 4, { trigger: 'other', runId: 'r2', depth: 7 }));
      expect([await triggers.depthOf('r2'), await triggers.depthOf('by hand')]).toEqual([7, 0]);
      const page = await triggers.firings('t', { limit: 1 });
      expect(page.items).toEqual([firing('b', 2, { outcome: 'filtered', runId: null, reason: 'no' })]);
      expect((await triggers.firings('t', { cursor: page.cursor })).items).toEqual([firing('a', 1)]);
      expect(await triggers.countFiringsBefore(20)).toBe(1);
      await triggers.deleteFiringsBefore(20);
      expect((await triggers.firings('t')).items.map(({ key }) => key)).toEqual(['b']);
    });

    it('wait until they are done, once', async () => {
      const { triggers } = context().store;
      const waits = { outcome: 'waiting', runId: null, reason: 'no worker' } as const;
      for (const each of [firing('b', 2, waits), firing('a', 1, waits), firing('c', 3)]) await triggers.addFiring(each);
      expect(await triggers.waiting()).toEqual([firing('a', 1, waits), firing('b', 2, waits)]);
      expect(await triggers.addFiring(firing('b', 2, { ...waits, reason: 'still none' }))).toBe(true);
      expect(await triggers.addFiring(firing('a', 1, { at: 99 }))).toBe(true);
      expect(await triggers.addFiring(firing('a', 1, waits))).toBe(false);
      expect(await triggers.firing('t', 'a')).toEqual(firing('a', 1, { at: 99 }));
      expect(await triggers.waiting()).toEqual([firing('b', 2, { ...waits, reason: 'still none' })]);
    });

    it('remember what is newest, whatever comes late', async () => {
      const { triggers } = context().store;
      const t = await triggers.set(newTrigger('t'), 'created', null);
      expect(await triggers.watch(t)).toEqual({ memory: null, asOf: 0, failure: null, lookedAt: null });
      await triggers.looked(t, 'it is not there', 5);
      expect(await triggers.remember(t, { beyond: true }, 4)).toBe(true);
      expect(await triggers.remember(t, { beyond: false }, 4)).toBe(false);
      expect(await triggers.remember(t, { beyond: false }, 3)).toBe(false);
      expect(await triggers.watch(t)).toEqual({
        ...{ memory: { beyond: true }, asOf: 4, failure: 'it is not there', lookedAt: 5 },
      });
      await triggers.looked(t, null, 6);
      expect(await triggers.watch(t)).toMatchObject({ memory: { beyond: true }, failure: null, lookedAt: 6 });
    });

    it('that watch something else know nothing of what a look at the former finds late, or before they forget it', async () => {
      const { triggers } = context().store;
      const before = await triggers.set(newTrigger('t'), 'created', null);
      const spec = { ...before.spec, watched: 2 };
      const after = await triggers.set({ ...before, spec }, 'updated', 1);
      await triggers.remember(before, { arrived: ['a'] }, 1);
      await triggers.looked(before, 'it is not there', 5);
      expect(await triggers.watch(after)).toMatchObject({ memory: null, asOf: 0, failure: null });
      await triggers.remember(after, { arrived: ['b'] }, 1);
      await triggers.forget(before);
      expect(await triggers.watch(before)).toMatchObject({ memory: null, asOf: 0 });
      expect(await triggers.watch(after)).toMatchObject({ memory: { arrived: ['b'] } });
    });
  });
}
