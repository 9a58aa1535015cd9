import { describe, expect, it } from 'vitest';
import type { NewBackfill } from './backfill-table.ts';
import type { SuiteContext } from './metadata-store.suite.ts';
import { newRun } from './run-table.suite.ts';
import { runsElsewhere } from './runs-elsewhere.ts';

export function newBackfill(id: string, changes: Partial<NewBackfill> = {}): NewBackfill {
  return {
    ...{ id, request: 'sha256:r', pipeline: 'flights', pipelineVersion: 2, compiledDigest: 'sha256:c' },
    ...{ params: { source: 'é' }, concurrency: 4, priority: 5, partitions: ['2001-01-02', '2001-01-01'], leftOut: 3 },
    ...{ rerun: 'missing', createdBy: 'ada' },
    ...changes,
  };
}

export function backfillTableSuite(context: () => SuiteContext): void {
  describe('backfills', () => {
    const over = { status: 'failed', at: 9 } as const;

    it('are kept as they were asked for, with their partitions in order', async () => {
      const { backfills } = context().store;
      expect([await backfills.get('b'), await backfills.partitions('b')]).toEqual([null, []]);
      const created = await backfills.create(newBackfill('b'));
      const { partitions, ...asked } = newBackfill('b');
      expect(created).toEqual({
        ...{ ...asked, size: 2, round: 1, status: 'running' },
        ...{ createdAt: expect.any(Number), endedAt: null },
      });
      expect(await backfills.get('b')).toEqual(created);
      expect([await backfills.partitions('b'), await backfills.pending('b')]).toEqual([partitions, partitions]);
    });

    it('are one of an id, of however many that come at once', async () => {
      const { backfills } = context().store;
      const tries = ['x', 'y', 'z'].map((createdBy) => backfills.create(newBackfill('b', { createdBy })));
      const settled = await Promise.allSettled(tries);
      const refused = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
      expect(refused).toEqual([
        expect.objectContaining({ kind: 'conflict' }),
        expect.objectContaining({ kind: 'conflict' }),
      ]);
    });

    it('hold ten thousand partitions', async () => {
      const { backfills } = context().store;
      const partitions = Array.from({ length: 10_000 }, (_, index) => `p${index}`);
      expect(await backfills.create(newBackfill('b', { partitions }))).toMatchObject({ size: 10_000 });
      expect(await backfills.pending('b')).toEqual(partitions);
    });

    it('end a round once, and begin the next when it has ended', async () => {
      const { backfills } = context().store;
      await backfills.create(newBackfill('b'));
      await expect(backfills.beginRound('b', 1, ['2001-01-01'])).rejects.toMatchObject({ kind: 'conflict' });
      await backfills.endRound('b', 1, over);
      await backfills.endRound('b', 1, { status: 'succeeded', at: 10 });
      expect(await backfills.get('b')).toMatchObject({ status: 'failed', endedAt: 9 });
      expect(await backfills.beginRound('b', 1, ['2001-01-01'])).toMatchObject({
        round: 2,
        status: 'running',
        endedAt: null,
      });
      expect(await backfills.pending('b')).toEqual(['2001-01-01']);
      await backfills.endRound('b', 1, over);
      expect(await backfills.get('b')).toMatchObject({ status: 'running' });
      await expect(backfills.beginRound('b', 1, [])).rejects.toMatchObject({ kind: 'conflict' });
      await expect(backfills.beginRound('none', 1, [])).rejects.toMatchObject({ kind: 'notFound' });
    });

    it('are listed newest first, by pipeline and in pages', async () => {
      const { backfills } = context().store;
      for (const id of ['a', 'b', 'c'])
        await backfills.create(newBackfill(id, { pipeline: id === 'b' ? 'other' : 'p' }));
      const first = await backfills.list({ limit: 2 });
      const rest = await backfills.list({ limit: 2, cursor: first.cursor });
      expect([...first.items, ...rest.items].map(({ id }) => id).sort()).toEqual(['a', 'b', 'c']);
      expect(rest.cursor).toBeNull();
      expect((await backfills.list({ pipeline: 'other' })).items.map(({ id }) => id)).toEqual(['b']);
    });
  });

  describe('the runs of partitions', () => {
    it('are the newest of each, whoever started them', async () => {
      const { runs } = context().store;
      await runs.create(newRun('old', { partition: 'a' }));
      await runs.create(newRun('z-new', { partition: 'a', schedule: 's' }), { error: 'no rows', at: 5 });
      await runs.create(newRun('filled', { partition: 'b', backfill: 'f' }));
      await runs.create(newRun('others', { partition: 'b', pipeline: 'other' }));
      await runs.create(newRun('whole'));
      const found = await runs.ofPartitions({ pipeline: 'flights' }, ['a', 'b', 'c']);
      expect(
        found
          .map(({ partition, runId, status, schedule, backfill }) => [partition, runId, status, schedule, backfill])
          .sort(),
      ).toEqual([
        ['a', 'z-new', 'failed', 's', null],
        ['b', 'filled', 'pending', null, 'f'],
      ]);
      expect((await runs.ofPartitions({ backfill: 'f' }, ['a', 'b'])).map(({ runId }) => runId)).toEqual(['filled']);
      expect(await runs.ofPartitions({ pipeline: 'flights' }, [])).toEqual([]);
      const many = Array.from({ length: 1_001 }, (_, index) => `${index}`);
      await expect(runs.ofPartitions({ pipeline: 'flights' }, many)).rejects.toThrow('1000 are the most');
      expect(await runs.ofPartitions({ pipeline: 'flights' }, many.slice(1))).toEqual([]);
    });

    it('are what a backfill of missing ones leaves to others while they go on or went well', async () => {
      const { backfills, runs } = context().store;
      const missing = await backfills.create(newBackfill('m'));
      const again = await backfills.create(newBackfill('g', { rerun: 'failed' }));
      for (const key of ['live', 'well', 'broken']) await runs.create(newRun(key, { partition: key, backfill: 'o' }));
      await runs.end('well', { status: 'succeeded', output: null, error: null, at: 5 });
      await runs.end('broken', { status: 'failed', output: null, error: 'e', at: 5 });
      await runs.create(newRun('own', { partition: 'own', backfill: 'm' }));
      const keys = ['live', 'well', 'broken', 'own', 'none'];
      expect([...(await runsElsewhere(context().store, missing, keys)).keys()].sort()).toEqual(['live', 'well']);
      expect((await runsElsewhere(context().store, again, keys)).size).toBe(0);
    });

    it('are listed by backfill and by partition', async () => {
      const { runs } = context().store;
      await runs.create(newRun('a', { partition: '2001-01-01', backfill: 'f' }));
      await runs.create(newRun('b', { partition: '2001-01-01' }));
      const ids = async (filter: Parameters<typeof runs.list>[0]) =>
        (await runs.list(filter)).items.map(({ id }) => id);
      expect(await ids({ backfill: 'f' })).toEqual(['a']);
      expect((await ids({ partition: '2001-01-01' })).sort()).toEqual(['a', 'b']);
      expect(await ids({ partition: '2001-01-02' })).toEqual([]);
    });
  });
}
