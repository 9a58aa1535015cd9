import { describe, expect, it } from 'vitest';
import { LISTED_VALUE_BYTES } from './left-out.ts';
import type { SuiteContext } from './metadata-store.suite.ts';
import type { NewRun } from './run-table.ts';
import { transition } from './task-table.suite.ts';

export function newRun(id: string, changes: Partial<NewRun> = {}): NewRun {
  return {
    id,
    pipeline: 'flights',
    pipelineVersion: 1,
    compiledDigest: 'sha256:c',
    name: null,
    driver: 'local',
    workflowId: null,
    params: { rates: [0.1, 0.01], source: 'é "quoted"' },
    submittedBy: 'ada',
    retryOf: null,
    rerunFrom: [],
    logicalTime: null,
    partition: null,
    schedule: null,
    ...changes,
  };
}

export function runTableSuite(context: () => SuiteContext): void {
  describe('runs', () => {
    const done = { status: 'succeeded', output: { auc: 0.7 }, error: null, at: 30 } as const;

    it('keeps what was submitted', async () => {
      const { runs } = context().store;
      const submitted = newRun('r', {
        name: 'try',
        retryOf: 'q',
        rerunFrom: ['trials[2]/train'],
        logicalTime: '2026-01-01',
        workflowId: 'w',
        schedule: 's',
      });
      const run = await runs.create(submitted);
      expect(run).toMatchObject({ ...submitted, status: 'pending', output: null, startedAt: null, endedAt: null });
      expect(await runs.get('r')).toEqual(run);
      expect(await runs.get('s')).toBeNull();
    });

    it('refuses a second run of one id and keeps the first', async () => {
      const { runs } = context().store;
      const first = await runs.create(newRun('r'));
      await expect(runs.create(newRun('r', { pipeline: 'other' }))).rejects.toMatchObject({ kind: 'conflict' });
      expect(await runs.get('r')).toEqual(first);
    });

    it('keeps a run that could not begin as failed', async () => {
      const { runs } = context().store;
      const end = { status: 'failed', error: 'no such pipeline', startedAt: null, endedAt: 7 };
      expect(await runs.create(newRun('r'), { error: 'no such pipeline', at: 7 })).toMatchObject(end);
      await runs.start('r', 10);
      await runs.end('r', done);
      expect(await runs.get('r')).toMatchObject(end);
    });

    it('leaves out of a listing what is too large for it, with its size', async () => {
      const { runs } = context().store;
      const params = { text: 'é'.repeat(LISTED_VALUE_BYTES / 2) };
      await runs.create(newRun('large', { params }));
      await runs.create(newRun('small'));
      await runs.end('large', { ...done, output: { auc: 0.7 } });
      const bytes = Buffer.byteLength(JSON.stringify(params));
      const large = { params: {}, output: { auc: 0.7 }, leftOut: { params: bytes, output: null } };
      expect(await runs.outline('large')).toEqual({ ...(await runs.get('large')), ...large });
      expect(await runs.get('large')).toMatchObject({ params });
      expect(await runs.outline('small')).toEqual({ ...(await runs.get('small')), leftOut: null });
      expect(await runs.outline('none')).toBeNull();
      const { items } = await runs.list();
      expect(items.find(({ id }) => id === 'large')).toMatchObject(large);
    });

    it('names the runs that it retries, one after another, as far as they are there', async () => {
      const { runs } = context().store;
      await runs.create(newRun('first', { retryOf: 'gone' }));
      await runs.create(newRun('second', { retryOf: 'first', rerunFrom: ['train'], compiledDigest: 'sha256:d' }));
      await runs.create(newRun('third', { retryOf: 'second' }));
      await runs.create(newRun('beside', { retryOf: 'first' }));
      const first = { id: 'first', compiledDigest: 'sha256:c', rerunFrom: [] };
      const second = { id: 'second', compiledDigest: 'sha256:d', rerunFrom: ['train'] };
      expect(await runs.retriedBy('third')).toEqual([second, first]);
      expect(await runs.retriedBy('beside')).toEqual([first]);
      expect(await runs.retriedBy('first')).toEqual([]);
      expect(await runs.retriedBy('none')).toEqual([]);
    });

    it('starts once', async () => {
      const { runs } = context().store;
      await runs.create(newRun('r'));
      await runs.start('r', 10);
      await runs.start('r', 20);
      expect(await runs.get('r')).toMatchObject({ status: 'running', startedAt: 10 });
    });

    it('takes the first end for final', async () => {
      const { runs } = context().store;
      await runs.create(newRun('r'));
      await runs.start('r', 10);
      await runs.end('r', done);
      await runs.end('r', { status: 'failed', output: null, error: 'a zombie', at: 40 });
      await runs.start('r', 50);
      expect(await runs.get('r')).toMatchObject({
        ...{ status: 'succeeded', output: { auc: 0.7 } },
        error: null,
        endedAt: 30,
      });
    });

    it('loses no text behind a NUL, which databases cannot hold', async () => {
      const { runs } = context().store;
      await runs.create(newRun('r', { params: { text: 'a\0b' } }));
      await runs.end('r', { status: 'failed', output: null, error: 'before\0after 😀', at: 5 });
      expect(await runs.get('r')).toMatchObject({ params: { text: 'a\0b' }, error: 'before\ufffdafter 😀' });
    });

    it('ends a run that never started', async () => {
      const { runs } = context().store;
      await runs.create(newRun('r'));
      await runs.end('r', { status: 'cancelled', output: null, error: null, at: 5 });
      await runs.start('r', 10);
      expect(await runs.get('r')).toMatchObject({ status: 'cancelled', startedAt: null, endedAt: 5 });
    });

    it('is paused as the last change says, whatever comes late, and never after its end', async () => {
      const { runs } = context().store;
      const pause = { by: 'ada', at: 20, note: 'the disk is full' };
      await runs.create(newRun('r'));
      await runs.start('r', 10);
      expect(await runs.get('r')).toMatchObject({ pause: null });
      await runs.setPause('r', pause, 1);
      expect(await runs.outline('r')).toMatchObject({ status: 'running', pause });
      await runs.setPause('r', null, 2);
      await runs.setPause('r', pause, 1);
      expect(await runs.get('r')).toMatchObject({ pause: null });
      await runs.setPause('r', pause, 3);
      await runs.end('r', done);
      expect(await runs.get('r')).toMatchObject({ status: 'succeeded', pause: null });
      await runs.setPause('r', pause, 4);
      expect(await runs.get('r')).toMatchObject({ pause: null });
      await runs.create(newRun('s'));
      await runs.setPause('s', pause, 1);
      await runs.end('s', { status: 'cancelled', output: null, error: 'now', at: 30 });
      expect(await runs.get('s')).toMatchObject({ status: 'cancelled', pause: null });
      await expect(runs.setPause('none', pause, 1)).rejects.toMatchObject({ kind: 'notFound' });
    });

    const runner = { host: 'here', pid: 7, startedAt: '70' };

    it('has one runner, and none after its end', async () => {
      const { runs } = context().store;
      await runs.create(newRun('r'));
      expect(await runs.get('r')).toMatchObject({ runner: null });
      expect(await runs.claim('r', runner)).toBe(true);
      expect(await runs.claim('r', { ...runner, pid: 8 })).toBe(false);
      expect(await runs.get('r')).toMatchObject({ runner, status: 'pending' });
      await runs.create(newRun('s'));
      await runs.end('s', done);
      expect(await runs.claim('s', runner)).toBe(false);
    });

    it('ends what is under way in a run that nobody executes any more, and nothing else', async () => {
      const { runs, tasks } = context().store;
      for (const id of ['r', 's']) {
        await runs.create(newRun(id));
        await tasks.record(id, [
          transition('done', 1, { status: 'succeeded', at: 15 }),
          transition('open', 2, { at: 20 }),
          transition('late', 3, { status: 'waiting', at: 40 }),
        ]);
        await tasks.startAttempt({ runId: id, path: 'open', attempt: 1, worker: 'w', queue: 'cpu', startedAt: 20 });
      }
      await runs.end('r', { status: 'failed', output: null, error: 'its process ended', at: 30 });
      expect(await runs.get('r')).toMatchObject({ status: 'failed', error: 'its process ended', endedAt: 30 });
      const ends = async (id: string) => (await tasks.list(id)).map(({ status, endedAt }) => [status, endedAt]);
      expect(await ends('r')).toEqual([
        ['succeeded', 15],
        ['cancelled', 30],
        ['cancelled', 40],
      ]);
      const failure = { kind: 'cancelled', message: 'its process ended' };
      expect(await tasks.attempts('r')).toMatchObject([{ status: 'cancelled', endedAt: 30, failure }]);
      expect(await ends('s')).toEqual([
        ['succeeded', 15],
        ['running', null],
        ['waiting', null],
      ]);
      expect(await tasks.attempts('s')).toMatchObject([{ status: 'running' }]);
    });

    it('keeps the end of a run that ended by itself, and ends what it left under way', async () => {
      const { runs, tasks } = context().store;
      await runs.create(newRun('r'));
      await tasks.record('r', [transition('open', 1, { at: 20 })]);
      await runs.end('r', done);
      expect(await tasks.get('r', 'open')).toMatchObject({ status: 'cancelled', endedAt: 30 });
      await tasks.startAttempt({ runId: 'r', path: 'open', attempt: 1, worker: 'w', queue: 'cpu', startedAt: 25 });
      await runs.end('r', { status: 'failed', output: null, error: 'its process ended', at: 40 });
      expect(await runs.get('r')).toMatchObject({ status: 'succeeded', error: null, endedAt: 30 });
      expect(await tasks.attempts('r')).toMatchObject([{ status: 'cancelled', endedAt: 40 }]);
    });

    it('is the last word on its tasks too: what a zombie of it tells later fills in what is missing, and no more', async () => {
      const { runs, tasks } = context().store;
      await runs.create(newRun('r'));
      await tasks.record('r', [
        transition('done', 2, { status: 'succeeded', at: 15, output: { auc: 0.7 } }),
        transition('open', 3, { at: 20 }),
      ]);
      await runs.end('r', { status: 'cancelled', output: null, error: 'it was terminated', at: 30 });
      const before = await tasks.list('r');
      await tasks.record('r', [
        transition('done', 8, { status: 'failed', at: 50 }),
        transition('open', 9, { status: 'succeeded', at: 50, output: { auc: 0.9 } }),
        transition('never-told', 10, { status: 'skipped', at: 50 }),
        transition('begun', 11, { at: 50 }),
      ]);
      await tasks.record('r', [
        transition('open', 12, { at: 60 }),
        transition('begun', 13, { status: 'failed', at: 60 }),
      ]);
      expect((await tasks.list('r')).filter(({ path }) => path === 'done' || path === 'open')).toEqual(before);
      expect(await tasks.get('r', 'never-told')).toMatchObject({ status: 'skipped' });
      expect(await tasks.get('r', 'begun')).toMatchObject({ status: 'cancelled', startedAt: 50, endedAt: 50 });
    });

    it('says so when a run to start or end was never created', async () => {
      const { runs } = context().store;
      await expect(runs.start('nobody', 1)).rejects.toMatchObject({ kind: 'notFound' });
      await expect(runs.claim('nobody', runner)).rejects.toMatchObject({ kind: 'notFound' });
      await expect(runs.end('nobody', done)).rejects.toMatchObject({ kind: 'notFound' });
    });

    it('shows no run twice and leaves none out while new ones arrive', async () => {
      const { runs } = context().store;
      const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
      for (const id of ids) await runs.create(newRun(id));
      const seen: string[] = [];
      let cursor: string | null = null;
      for (let page = 0; page === 0 || cursor !== null; page += 1) {
        const { items, cursor: next } = await runs.list({ limit: 3, cursor });
        seen.push(...items.map(({ id }) => id));
        cursor = next;
        if (cursor) await runs.create(newRun(`z${page}`));
      }
      expect([...seen].sort()).toEqual(ids);
      expect((await runs.list()).items).toHaveLength(9);
    });

    it('lists by pipeline, by schedule and by status', async () => {
      const { runs } = context().store;
      await runs.create(newRun('a'));
      await runs.create(newRun('b', { pipeline: 'other', schedule: 'nightly' }));
      await runs.create(newRun('c'));
      await runs.end('c', done);
      const ids = async (filter: Parameters<typeof runs.list>[0]) =>
        (await runs.list(filter)).items.map(({ id }) => id).sort();
      expect(await ids({ pipeline: 'flights' })).toEqual(['a', 'c']);
      expect(await ids({ schedule: 'nightly' })).toEqual(['b']);
      expect(await ids({ status: 'pending' })).toEqual(['a', 'b']);
      expect(await ids({ pipeline: 'flights', status: 'succeeded' })).toEqual(['c']);
    });

    it('refuses a cursor that no list gave, and a limit that no page has', async () => {
      const { runs } = context().store;
      await expect(runs.list({ cursor: 'x' })).rejects.toThrow("'x' is no cursor of this list");
      await expect(runs.list({ limit: 0 })).rejects.toThrow('1 to 1000');
    });
  });
}
