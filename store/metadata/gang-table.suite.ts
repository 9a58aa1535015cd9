import { describe, expect, it } from 'vitest';
import type { GangMember } from './gang-table.ts';
import type { SuiteContext } from './metadata-store.suite.ts';
import { newRun } from './run-table.suite.ts';
import { transition } from './task-table.suite.ts';

export function gangTableSuite(context: () => SuiteContext): void {
  describe('gangs', () => {
    const begin = async (...ids: string[]) => {
      for (const id of ids) await context().store.runs.create(newRun(id));
    };
    const member = (runId: string, rank: number, changes: Partial<GangMember> = {}): GangMember => ({
      ...{ runId, path: 'train', attempt: 1, rank, size: 2, queue: 'gpu', delivery: 'only', joins: false },
      ...{ machine: `m${rank}`, host: `10.0.0.${rank}`, port: null, leaseUntil: 1_000 },
      ...changes,
    });
    const gather = (runId: string, rank: number, changes: Partial<GangMember> = {}, now = 1) =>
      context().store.gangs.gather(member(runId, rank, changes), now);
    const kind = async (...args: Parameters<typeof gather>) => (await gather(...args)).kind;

    it('begin once all have a place, and learn of the ports that each has then', async () => {
      await begin('r');
      expect(await gather('r', 0)).toEqual({ kind: 'gathering', isBehind: false });
      expect(await kind('r', 0)).toBe('gathering');
      const addresses = [
        { rank: 0, machine: 'm0', host: '10.0.0.0', port: null },
        { rank: 1, machine: 'm1', host: '10.0.0.1', port: null },
      ];
      expect(await gather('r', 1)).toEqual({ kind: 'gathered', replicas: addresses });
      expect(await gather('r', 0, { port: 4_000 })).toMatchObject({ replicas: [{ port: 4_000 }, { port: null }] });
      // Long after: who gathered stays gathered.
      expect(await gather('r', 1, { port: 4_001 }, 5_000)).toMatchObject({
        replicas: [{ port: 4_000 }, { port: 4_001 }],
      });
    });

    it('do not count who was not heard of in time', async () => {
      await begin('r');
      await gather('r', 0, { leaseUntil: 10 });
      expect(await kind('r', 1, {}, 10)).toBe('gathering');
      expect(await kind('r', 0, {}, 11)).toBe('gathered');
    });

    it('stand behind those of older runs that gather too, whenever they came', async () => {
      const { store } = context();
      await begin('old');
      await new Promise((resolve) => setTimeout(resolve, 5));
      await begin('new');
      expect(await gather('new', 0)).toEqual({ kind: 'gathering', isBehind: false });
      expect(await gather('old', 0)).toEqual({ kind: 'gathering', isBehind: false });
      expect(await gather('new', 0)).toEqual({ kind: 'gathering', isBehind: true });
      await gather('old', 1);
      expect(await gather('new', 0)).toEqual({ kind: 'gathering', isBehind: false });
      await store.gangs.giveWay({ runId: 'new', path: 'train', attempt: 1 }, 2);
      expect(await kind('new', 1, { path: 'other' })).toBe('gathering');
    });

    it('do not stand behind those of another queue', async () => {
      await begin('r');
      await gather('r', 0, { path: 'a', queue: 'cpu' });
      expect(await gather('r', 0, { path: 'b' })).toEqual({ kind: 'gathering', isBehind: false });
    });

    it('take the address of the delivery that came last, whole, and tell the one before that it is replaced', async () => {
      await begin('r');
      await gather('r', 0, { delivery: 'first', joins: true });
      const elsewhere = { delivery: 'second', machine: 'm9', host: '10.0.0.9' };
      await gather('r', 0, { ...elsewhere, joins: true });
      expect(await kind('r', 0, { delivery: 'first', port: 4_000 })).toBe('replaced');
      await gather('r', 1);
      expect(await gather('r', 0, { ...elsewhere, port: 4_900 })).toMatchObject({
        replicas: [{ machine: 'm9', host: '10.0.0.9', port: 4_900 }, { machine: 'm1' }],
      });
    });

    it('refuse a delivery when the others may have begun with the one before', async () => {
      await begin('r');
      await gather('r', 0, { delivery: 'first', joins: true });
      await gather('r', 1);
      await gather('r', 0, { delivery: 'first', port: 4_000 });
      expect(await kind('r', 0, { delivery: 'second', joins: true, host: '10.0.0.9' })).toBe('tooLate');
      expect(await gather('r', 1)).toMatchObject({ replicas: [{ host: '10.0.0.0', port: 4_000 }, { rank: 1 }] });
    });

    it('of one run stand in the order of their paths', async () => {
      await begin('r');
      await gather('r', 0, { path: 'a' });
      expect(await gather('r', 0, { path: 'b' })).toMatchObject({ isBehind: true });
      expect(await gather('r', 0, { path: 'a' })).toMatchObject({ isBehind: false });
    });

    it('give way whole, and not once all have gathered', async () => {
      const { gangs } = context().store;
      await begin('r');
      const first = { runId: 'r', path: 'train', attempt: 1 };
      await gather('r', 0);
      expect(await gangs.giveWay(first, 2)).toBe(true);
      expect(await kind('r', 0)).toBe('gaveWay');
      expect(await kind('r', 1)).toBe('gathering');
      expect(await gangs.giveWay(first, 2)).toBe(true);
      const again = { attempt: 2 };
      await gather('r', 0, again);
      await gather('r', 1, again);
      expect(await gangs.giveWay({ ...first, ...again }, 3)).toBe(false);
      expect(await kind('r', 1, again)).toBe('gathered');
    });

    it('shut out what comes of an earlier attempt, and of what has ended', async () => {
      const { store } = context();
      await begin('r', 's');
      await gather('r', 0);
      expect(await kind('r', 0, { attempt: 2 })).toBe('gathering');
      expect(await kind('r', 1)).toBe('replaced');
      // The first attempt's other half does not make the second whole.
      expect(await kind('r', 0, { attempt: 2 })).toBe('gathering');
      await store.tasks.record('r', [transition('train', 1, { status: 'failed' })]);
      expect(await kind('r', 1, { attempt: 2 })).toBe('replaced');
      await store.runs.end('s', { status: 'cancelled', output: null, error: null, at: 5 });
      expect(await kind('s', 0)).toBe('replaced');
    });

    it('have succeeded once the attempts of all have, this one of theirs', async () => {
      const { store } = context();
      await begin('r');
      const gang = { runId: 'r', path: 'train', attempt: 2 };
      const end = async (path: string, attempt: number, status: 'succeeded' | 'failed') => {
        await store.tasks.startAttempt({ runId: 'r', path, attempt, worker: 'w', queue: 'gpu', startedAt: 1 });
        await store.tasks.endAttempt({ runId: 'r', path, attempt }, { status, at: 2, failure: null });
      };
      await end('train@1', 1, 'succeeded');
      await end('train', 2, 'succeeded');
      expect(await store.gangs.haveSucceeded(gang, 2)).toBe(false);
      await end('train@1', 2, 'succeeded');
      expect(await store.gangs.haveSucceeded(gang, 2)).toBe(true);
      await end('train@2', 2, 'failed');
      expect(await store.gangs.haveSucceeded(gang, 3)).toBe(false);
    });

    it('are a project’s own', async () => {
      const other = await context().open('other');
      await begin('r');
      await gather('r', 0);
      expect(await other.gangs.gather(member('r', 1), 1)).toEqual({ kind: 'gathering', isBehind: false });
      expect(await kind('r', 1)).toBe('gathered');
    });
  });
}
