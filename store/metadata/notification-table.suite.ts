import { describe, expect, it } from 'vitest';
import type { SuiteContext } from './metadata-store.suite.ts';
import type { NewDelivery, NewNotification } from './notification-table.ts';
import { newRun } from './run-table.suite.ts';

export function newNotification(name: string, createdBy = 'ada'): NewNotification {
  const url = { kind: 'text', text: 'https://hooks.example/é' } as const;
  const channel = { kind: 'webhook', url, signWith: 'hook-key' } as const;
  return { name, channel, events: ['runFailed', 'approvalDue'], pipelines: ['flights'], createdBy };
}

export function newDelivery(id: string, notification: string, createdAt = 1): NewDelivery {
  const about = { pipeline: 'flights', run: 'r', task: null, detail: "train: no rows in 'é'" };
  const message = {
    event: 'runFailed',
    at: 1,
    title: 'flights r failed',
    ...about,
    next: 'millrace runs get r',
  } as const;
  return { id, notification, message, createdAt };
}

export function notificationTableSuite(context: () => SuiteContext): void {
  describe('notifications', () => {
    const claimed = async (now = 10, leaseUntil = now + 100, limit = 10) =>
      (await context().store.notifications.claim('n', { now, leaseUntil, limit })).map(({ id }) => id);

    it('are kept as they were given, and each name is had once', async () => {
      const { notifications } = context().store;
      expect(await notifications.get('n')).toBeNull();
      const made = await notifications.create(newNotification('n'));
      expect(made).toMatchObject(newNotification('n'));
      await notifications.create({ ...newNotification('a'), pipelines: null });
      expect((await notifications.list()).map(({ name, pipelines }) => [name, pipelines])).toEqual([
        ['a', null],
        ['n', ['flights']],
      ]);
      await expect(notifications.create(newNotification('n'))).rejects.toMatchObject({ kind: 'conflict' });
      await notifications.delete('n');
      expect(await notifications.get('n')).toBeNull();
      await expect(notifications.delete('n')).rejects.toMatchObject({ kind: 'notFound' });
    });

    it('say after which event they were made', async () => {
      const { notifications, runs, events } = context().store;
      expect((await notifications.create(newNotification('n'))).since).toBe(0);
      await runs.create(newRun('r'), { error: 'no pipeline', at: 3 });
      await notifications.create(newNotification('later'));
      expect((await notifications.get('later'))?.since).toBe(await events.newest());
    });

    it('have what they tell once, however often it is put into the outbox', async () => {
      const { notifications } = context().store;
      await notifications.enqueue([newDelivery('d', 'n'), newDelivery('e', 'n')]);
      await notifications.enqueue([newDelivery('d', 'n', 7), newDelivery('f', 'other')]);
      expect(await notifications.due(10)).toEqual(['n', 'other']);
      expect((await notifications.deliveries('n')).items).toMatchObject([
        { ...newDelivery('e', 'n'), status: 'pending', attempts: 0 },
        newDelivery('d', 'n'),
      ]);
    });

    it('give each delivery to one of many, until its lease ends', async () => {
      const { notifications } = context().store;
      await notifications.enqueue(['a', 'b', 'c', 'd'].map((id) => newDelivery(id, 'n')));
      const taken = await Promise.all([claimed(10, 100, 2), claimed(10, 100, 2), claimed(10, 100, 2)]);
      expect(taken.flat().sort()).toEqual(['a', 'b', 'c', 'd']);
      expect([await claimed(99), await notifications.due(99)]).toEqual([[], []]);
      expect((await claimed(100)).sort()).toEqual(['a', 'b', 'c', 'd']);
    });

    it('are tried again when it is time, and written by the last try alone', async () => {
      const { notifications } = context().store;
      await notifications.enqueue([newDelivery('d', 'n')]);
      expect(await claimed(10, 20)).toEqual(['d']);
      expect(await claimed(20)).toEqual(['d']);
      const late = { kind: 'delivered', error: null, at: 30 } as const;
      expect(await notifications.endTry({ id: 'd', attempts: 1 }, late)).toBe(false);
      const refused = { kind: 'refused', error: 'answered 500', at: 30, nextAt: 500 } as const;
      expect(await notifications.endTry({ id: 'd', attempts: 2 }, refused)).toBe(true);
      expect([await claimed(499), await claimed(500)]).toEqual([[], ['d']]);
      expect(await notifications.endTry({ id: 'd', attempts: 3 }, { kind: 'delivered', error: null, at: 501 })).toBe(
        true,
      );
      expect(await claimed(10_000)).toEqual([]);
      expect((await notifications.deliveries('n')).items).toMatchObject([
        { id: 'd', status: 'delivered', attempts: 3, lastError: null, endedAt: 501 },
      ]);
    });

    it('give up, by the last refusal or when they are deleted', async () => {
      const { notifications } = context().store;
      await notifications.create(newNotification('n'));
      await notifications.enqueue([newDelivery('d', 'n'), newDelivery('e', 'n')]);
      await claimed(10, 20, 1);
      await notifications.endTry({ id: 'd', attempts: 1 }, { kind: 'refused', error: 'no', at: 11, nextAt: null });
      await notifications.delete('n');
      const { items } = await notifications.deliveries('n');
      expect(items.map(({ id, status, lastError }) => [id, status, lastError])).toEqual([
        ['e', 'failed', 'The notification was deleted.'],
        ['d', 'failed', 'no'],
      ]);
    });

    it('have a history in pages, of which what ended long ago goes', async () => {
      const { notifications } = context().store;
      await notifications.enqueue([newDelivery('a', 'n', 1), newDelivery('b', 'n', 2), newDelivery('c', 'n', 2)]);
      const first = await notifications.deliveries('n', { limit: 2 });
      const rest = await notifications.deliveries('n', { limit: 2, cursor: first.cursor });
      expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(['c', 'b', 'a']);
      expect(rest.cursor).toBeNull();
      await claimed(10, 20, 1);
      await notifications.endTry({ id: 'a', attempts: 1 }, { kind: 'delivered', error: null, at: 12 });
      await notifications.deleteBefore(12);
      expect((await notifications.deliveries('n')).items).toHaveLength(3);
      await notifications.deleteBefore(13);
      expect((await notifications.deliveries('n')).items.map(({ id }) => id)).toEqual(['c', 'b']);
    });
  });
}
