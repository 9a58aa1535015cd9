import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ArtifactRef } from '../../ir/artifact.ts';
import type { EventFacts } from '../../ir/event-facts.ts';
import type { EventTable } from './event-table.ts';
import type { SuiteContext } from './metadata-store.suite.ts';
import type { MetadataStore } from './metadata-store.ts';
import { newRun } from './run-table.suite.ts';
import { transition } from './task-table.suite.ts';

const artifact = (digest: string): ArtifactRef<'model'> => ({
  ...{ artifact: 'model', digest, uri: `file:///${digest}`, size: 1, metadata: {} },
});
const version = (digest: string) => ({
  ...{ model: 'm', artifact: artifact(digest), evidence: {}, runId: 'r', taskPath: null, createdBy: 'ada "a"' },
});
const move = (to: number | null) => ({
  ...{ model: 'm', alias: 'champion', to, by: 'eve', reason: 'é "better"', runId: null, evidence: {} },
});
const facts = (alias: string): EventFacts => ({
  ...{ kind: 'aliasMoved', model: 'm', alias, from: null, to: 1, run: null, by: 'ada', reason: '' },
});
const told = async ({ events }: MetadataStore) =>
  (await events.after(0, 100)).map(({ sequence: _s, at: _at, key: _key, ...each }) => each);
const sequences = async (events: EventTable) => (await events.after(0, 100)).map(({ sequence }) => sequence);

export function eventTableSuite(context: () => SuiteContext): void {
  describe('events', () => {
    it('are read in the order in which they were told, from anywhere on, each key once', async () => {
      const { events } = context().store;
      expect([await events.newest(), await events.after(0, 10)]).toEqual([0, []]);
      expect(await events.append('a', facts('a'), 5)).toBe(true);
      expect(await events.append('a', facts('again'), 6)).toBe(false);
      expect(await events.append('b', facts('é "b"'), 4)).toBe(true);
      const [first, second, ...others] = await events.after(0, 10);
      expect(others).toEqual([]);
      expect(first).toEqual({ ...facts('a'), key: 'a', at: 5, sequence: first?.sequence });
      expect(second).toEqual({ ...facts('é "b"'), key: 'b', at: 4, sequence: second?.sequence });
      expect(second?.sequence).toBeGreaterThan(first?.sequence ?? 0);
      expect(await events.newest()).toBe(second?.sequence);
      expect(await events.after(first?.sequence ?? 0, 10)).toEqual([second]);
      expect(await events.after(0, 1)).toEqual([first]);
      await expect(events.after(0, 0)).rejects.toMatchObject({ name: 'PageError' });
    });

    it('are told of the end of a run, once, and of one that could not begin', async () => {
      const { store } = context();
      const place = { partition: 'day', logicalTime: '2026-01-01', schedule: 's', backfill: 'b' };
      await store.runs.create(newRun('r', place));
      await store.runs.start('r', 1);
      expect(await told(store)).toEqual([]);
      await store.runs.end('r', { status: 'succeeded', output: null, error: null, at: 7 });
      await store.runs.end('r', { status: 'failed', output: null, error: 'a zombie', at: 8 });
      await store.runs.end('r', { status: 'cancelled', output: null, error: 'late', at: 9 });
      const ended = { kind: 'runEnded', run: 'r', pipeline: 'flights', version: 1, status: 'succeeded', error: null };
      expect(await told(store)).toEqual([{ ...ended, ...place }]);
      expect((await store.events.after(0, 1))[0]).toMatchObject({
        key: expect.stringMatching(/^runEnded:r:\d+$/),
        at: 7,
      });
      await store.runs.create(newRun('f'), { error: 'no pipeline', at: 3 });
      await store.runs.create(newRun('lost'));
      await store.runs.end('lost', { status: 'cancelled', output: null, error: 'its process is gone', at: 9 });
      expect((await told(store)).slice(1)).toMatchObject([
        { run: 'f', status: 'failed', error: 'no pipeline', partition: null },
        { run: 'lost', status: 'cancelled', error: 'its process is gone' },
      ]);
    });

    it('are not told of what is refused', async () => {
      const { store } = context();
      await store.runs.create(newRun('r'));
      await expect(store.runs.create(newRun('r'), { error: 'x', at: 1 })).rejects.toMatchObject({ kind: 'conflict' });
      await expect(store.registry.moveAlias(move(9))).rejects.toMatchObject({ kind: 'notFound' });
      await store.registry.addVersion(version('a'));
      const late = store.registry.moveAlias({ ...move(1), expected: { version: 7 } });
      await expect(late).rejects.toMatchObject({ kind: 'conflict' });
      expect((await told(store)).map(({ kind }) => kind)).toEqual(['versionAdded']);
    });

    it('are told of another run that has the id of one that was deleted', async () => {
      const { store } = context();
      const gate = transition('gate', 1, { kind: 'approval', step: null, status: 'waiting' });
      for (const error of ['first', 'second']) {
        await store.runs.create(newRun('r'));
        await store.tasks.record('r', [gate]);
        await store.runs.end('r', { status: 'failed', output: null, error, at: 7 });
        await store.retention.deleteRun('r');
        // Times are in milliseconds.
        await delay(2);
      }
      const ends = await told(store);
      expect(ends.map(({ kind }) => kind)).toEqual(['approvalOpened', 'runEnded', 'approvalOpened', 'runEnded']);
    });

    it('are told of versions and of moves, with numbers that the store gave', async () => {
      const { store } = context();
      await store.registry.addVersion(version('a'));
      await store.registry.addVersion(version('a'));
      await store.registry.addVersion(version('b'));
      for (const to of [1, 1, 2, null]) await store.registry.moveAlias(move(to));
      const added = { kind: 'versionAdded', model: 'm', run: 'r', by: 'ada "a"' };
      const moved = { kind: 'aliasMoved', model: 'm', alias: 'champion', run: null, by: 'eve', reason: 'é "better"' };
      expect(await told(store)).toEqual([
        { ...added, version: 1 },
        { ...added, version: 2 },
        { ...moved, from: null, to: 1 },
        { ...moved, from: 1, to: 2 },
        { ...moved, from: 2, to: null },
      ]);
    });

    it('are told of approvals and artifacts, as often as transitions come, but not of items and of what was cached', async () => {
      const { store } = context();
      await store.runs.create(newRun('r', { partition: 'day' }));
      const detail = { message: 'Go?', roles: ['owner'], form: null };
      const made = { status: 'succeeded', output: { model: artifact('d1') } } as const;
      const transitions = [
        transition('gate', 1, { kind: 'approval', step: null, status: 'waiting', detail }),
        transition('train', 2, made),
        transition('trials[0]/train', 3, made),
        transition('cached', 4, { ...made, status: 'cached' }),
        transition('publish', 5, {
          ...{ step: 'publishPredictions', status: 'succeeded' },
          ...{ input: { predictions: { ...artifact('d2'), artifact: 'predictions' } }, output: { rows: 3 } },
        }),
      ];
      for (const _ of [1, 2]) await store.tasks.record('r', transitions);
      const of = { run: 'r', pipeline: 'flights' };
      const published = { kind: 'artifactPublished', ...of, partition: 'day', logicalTime: null };
      expect(await told(store)).toEqual([
        { kind: 'approvalOpened', ...of, task: 'gate', message: 'Go?', roles: ['owner'] },
        { ...published, task: 'train', step: 'train', artifact: 'model', digest: 'd1', uri: 'file:///d1' },
        {
          ...{ ...published, task: 'publish', step: 'publishPredictions' },
          ...{ artifact: 'predictions', digest: 'd2', uri: 'file:///d2' },
        },
      ]);
      // A zombie's: the row has gone on.
      await store.tasks.record('r', [transition('late', 9, { status: 'failed' })]);
      await store.tasks.record('r', [transition('late', 8, made)]);
      expect(await told(store)).toHaveLength(3);
    });

    it('let one of several processes of a consumer go on', async () => {
      const { events } = context().store;
      const { events: another } = await context().open('default');
      expect(await events.cursor('triggers')).toBeNull();
      expect(await events.moveCursor('triggers', null, 3)).toBe(true);
      expect(await another.moveCursor('triggers', null, 5)).toBe(false);
      const moves = [events, another, events].map((each) => each.moveCursor('triggers', 3, 4));
      expect((await Promise.all(moves)).filter(Boolean)).toHaveLength(1);
      expect([await another.cursor('triggers'), await events.cursor('others')]).toEqual([4, null]);
    });

    it('show a reader none before all that come before it were there', async () => {
      const { store, open } = context();
      const writers = [store, await open('default'), await open('default')];
      const { events } = await open('default');
      const read: number[] = [];
      let isDone = false;
      const follow = async () => {
        for (let last = false; ; last = isDone) {
          const page = await events.after(read.at(-1) ?? 0, 7);
          read.push(...page.map(({ sequence }) => sequence));
          if (last && page.length === 0) return;
        }
      };
      const writes = writers.flatMap((writer, index) =>
        Array.from({ length: 20 }, (_, turn) => writer.events.append(`${index}-${turn}`, facts('a'), turn)),
      );
      const following = follow();
      await Promise.all(writes);
      isDone = true;
      await following;
      expect(read).toHaveLength(60);
      expect(read).toEqual(await sequences(events));
    });

    it('go by age, but for the newest, so that numbers never come again', async () => {
      const { events } = context().store;
      for (const [key, at] of [
        ['a', 1],
        ['b', 2],
        ['c', 3],
      ] as const)
        await events.append(key, facts(key), at);
      const [, second, third] = await sequences(events);
      expect(await events.countBefore(2)).toBe(1);
      await events.deleteBefore(2);
      expect(await sequences(events)).toEqual([second, third]);
      await events.deleteBefore(1_000);
      expect(await sequences(events)).toEqual([third]);
      await events.append('d', facts('d'), 4);
      expect((await sequences(events)).at(-1)).toBeGreaterThan(third ?? 0);
    });

    it('go though a consumer has not read them, and tell whose they were', async () => {
      const { events } = context().store;
      for (const key of ['a', 'b', 'c', 'd']) await events.append(key, facts(key), 1);
      const [first, second, , fourth] = await sequences(events);
      await events.moveCursor('ahead', null, fourth ?? 0);
      await events.moveCursor('behind', null, first ?? 0);
      await events.moveCursor('near', null, second ?? 0);
      expect(await events.countBefore(1_000)).toBe(3);
      expect(await events.deleteBefore(1_000)).toEqual([
        { consumer: 'behind', events: 2 },
        { consumer: 'near', events: 1 },
      ]);
      expect(await sequences(events)).toEqual([fourth]);
      expect(await events.deleteBefore(1_000)).toEqual([]);
    });
  });
}
