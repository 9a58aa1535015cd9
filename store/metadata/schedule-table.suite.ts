import { describe, expect, it } from 'vitest';
import { readSchedule } from '../../ir/read-schedule.ts';
import type { SuiteContext } from './metadata-store.suite.ts';
import type { NewSchedule } from './schedule-table.ts';

export function newSchedule(name: string, changes: Partial<NewSchedule> = {}): NewSchedule {
  return {
    ...{ name, pipeline: 'flights', version: null, params: { rows: 10, source: 'é' } },
    spec: readSchedule({ cron: '0 3 * * *', timezone: 'Europe/Berlin' }),
    ...{ priority: null, paused: false, note: null, updatedBy: 'ada' },
    ...changes,
  };
}

export function scheduleTableSuite(context: () => SuiteContext): void {
  describe('schedules', () => {
    it('are listed by pages, by name, without those that were deleted', async () => {
      const { schedules } = context().store;
      for (const name of ['c', 'a', 'd', 'b']) await schedules.set(newSchedule(name), 'created', null);
      await schedules.remove('b', 'eve');
      const first = await schedules.page({ limit: 2 });
      expect(first.items.map(({ name }) => name)).toEqual(['a', 'c']);
      const last = await schedules.page({ limit: 2, cursor: first.cursor });
      expect([last.items.map(({ name }) => name), last.cursor]).toEqual([['d'], null]);
      const { cursor } = await schedules.history('a', { limit: 1 });
      expect(cursor).toBeNull();
      await expect(schedules.page({ cursor: 'anything' })).rejects.toMatchObject({ name: 'PageError' });
    });

    it('are kept as they were given, and grow by a generation with every change', async () => {
      const { schedules } = context().store;
      expect(await schedules.get('s')).toBeNull();
      const first = await schedules.set(newSchedule('s', { version: 7 }), 'created', null);
      expect(first).toMatchObject({ ...newSchedule('s', { version: 7 }), generation: 1 });
      expect(await schedules.get('s')).toEqual(first);
      const paused = newSchedule('s', { priority: 5, paused: true, note: 'the source is down', updatedBy: 'eve' });
      const second = await schedules.set(paused, 'paused', 1);
      expect(second).toMatchObject({ ...paused, generation: 2 });
      expect(await schedules.get('s')).toEqual(second);
      await schedules.set(newSchedule('a'), 'created', null);
      expect((await schedules.list()).map(({ name, generation }) => [name, generation])).toEqual([
        ['a', 1],
        ['s', 2],
      ]);
    });

    it('refuse a change on top of what was not read, and a name that is taken', async () => {
      const { schedules } = context().store;
      await expect(schedules.set(newSchedule('s'), 'updated', 1)).rejects.toMatchObject({ kind: 'conflict' });
      await schedules.set(newSchedule('s'), 'created', null);
      const taken = { kind: 'conflict', message: expect.stringContaining("There is a schedule 's' already") };
      await expect(schedules.set(newSchedule('s'), 'created', null)).rejects.toMatchObject(taken);
      const late = { kind: 'conflict', message: expect.stringContaining('is at generation 1, not 2') };
      await expect(schedules.set(newSchedule('s'), 'updated', 2)).rejects.toMatchObject(late);
      expect(await schedules.get('s')).toMatchObject({ generation: 1 });
    });

    it('let one of many through that read the same', async () => {
      const { schedules } = context().store;
      await schedules.set(newSchedule('s'), 'created', null);
      const tries = ['x', 'y', 'z'].map((updatedBy) => schedules.set(newSchedule('s', { updatedBy }), 'updated', 1));
      const settled = await Promise.allSettled(tries);
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await schedules.get('s')).toMatchObject({ generation: 2 });
    });

    it('are deleted as they were read, or not at all', async () => {
      const { schedules } = context().store;
      await schedules.set(newSchedule('s'), 'created', null);
      await schedules.set(newSchedule('s', { updatedBy: 'eve' }), 'updated', 1);
      await expect(schedules.remove('s', 'ada', 1)).rejects.toMatchObject({ kind: 'conflict' });
      await schedules.remove('s', 'ada', 2);
      expect(await schedules.get('s')).toBeNull();
    });

    it('are told apart when they were deleted, and may come back under the same name', async () => {
      const { schedules } = context().store;
      await expect(schedules.remove('s', 'ada')).rejects.toMatchObject({ kind: 'notFound' });
      await schedules.set(newSchedule('s'), 'created', null);
      await schedules.remove('s', 'eve');
      expect([await schedules.get('s'), await schedules.list()]).toEqual([null, []]);
      expect(await schedules.deleted()).toEqual(['s']);
      await expect(schedules.remove('s', 'ada')).rejects.toMatchObject({ kind: 'notFound' });
      const gone = { kind: 'conflict', message: expect.stringContaining('was deleted') };
      await expect(schedules.set(newSchedule('s'), 'updated', 1)).rejects.toMatchObject(gone);
      expect(await schedules.set(newSchedule('s'), 'created', null)).toMatchObject({ generation: 3 });
      expect(await schedules.deleted()).toEqual([]);
    });

    it('keep their history, newest first and in pages', async () => {
      const { schedules } = context().store;
      await schedules.set(newSchedule('s'), 'created', null);
      await schedules.set(newSchedule('s', { paused: true, note: 'why' }), 'paused', 1);
      await schedules.remove('s', 'eve');
      const first = await schedules.history('s', { limit: 2 });
      expect(first.items.map(({ change, note, updatedBy }) => [change, note, updatedBy])).toEqual([
        ['deleted', 'why', 'eve'],
        ['paused', 'why', 'ada'],
      ]);
      const rest = await schedules.history('s', { cursor: first.cursor });
      expect(rest.items.map(({ change, paused }) => [change, paused])).toEqual([['created', false]]);
      expect(rest.cursor).toBeNull();
    });
  });
}
