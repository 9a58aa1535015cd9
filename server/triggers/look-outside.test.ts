import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Partitions } from '../../ir/partitions.ts';
import { newRun } from '../../store/metadata/run-table.suite.ts';
import { transition } from '../../store/metadata/task-table.suite.ts';
import { expectedPartitions } from './expected-partitions.ts';
import { fireEvents } from './fire-events.ts';
import { lookForPartitions } from './look-for-partitions.ts';
import { lookOutside } from './look-outside.ts';
import {
  add,
  context,
  create,
  DAYS,
  endRun,
  folder,
  kinds,
  measure,
  NOW,
  now,
  outcomes,
  server,
  setNow,
  useTriggers,
} from './triggers.suite.ts';

useTriggers();

describe('partitions', () => {
  it('start a run when their files are there, and are told as late once', async () => {
    const on = {
      kind: 'partitionArrived',
      path: `${folder}/day={day}/part-*.csv`,
      files: 2,
      lateAfter: '12h',
    } as const;
    await create('arrivals', { ...on, from: '2026-02-01' }, { pipeline: 'by-day' });
    await mkdir(join(folder, 'day=2026-02-01'));
    await writeFile(join(folder, 'day=2026-02-01', 'part-0.csv'), '');
    await lookOutside(context);
    // The first has been over for 34 hours, the second for ten.
    expect(await kinds()).toEqual(['partitionLate']);
    await writeFile(join(folder, 'day=2026-02-01', 'part-1.csv'), '');
    for (const _ of [1, 2]) await lookOutside(context);
    await fireEvents(context);
    expect((await kinds()).filter((kind) => kind.startsWith('partition'))).toEqual([
      'partitionLate',
      'partitionArrived',
    ]);
    const [run] = (await server.client.runs({ pipeline: 'by-day' })).items;
    expect(run).toMatchObject({ partition: '2026-02-01', logicalTime: '2026-02-02T00:00:00Z' });
    setNow(now + 3 * 3_600_000);
    await lookOutside(context);
    expect((await kinds()).filter((kind) => kind === 'partitionLate')).toHaveLength(2);
  });

  it('that a look finds late, for what was watched before, start nothing and are still looked for', async () => {
    const path = (name: string) => ({ kind: 'partitionArrived', path: `${folder}/${name}/{day}` }) as const;
    const { trigger } = await create('arrivals', path('old'), { pipeline: 'by-day' });
    for (const name of ['old', 'new']) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, '2026-02-02'), '');
    }
    await server.client.updateTrigger('arrivals', { generation: trigger.generation, on: path('new') });
    await lookForPartitions(context, trigger);
    await fireEvents(context);
    expect(await outcomes('arrivals')).toEqual([]);
    await lookOutside(context);
    await fireEvents(context);
    expect(await outcomes('arrivals')).toEqual(['started']);
  });

  it('that one place hides, and that are many, are all looked for', async () => {
    const on = { kind: 'partitionArrived', path: `${folder}/{day}/*`, from: '2026-01-01' } as const;
    setNow(Date.parse('2026-04-10T10:00:00Z'));
    await create('arrivals', on, { pipeline: 'by-day' });
    // The newest is there, and cannot be read as a folder.
    await symlink('2026-04-09', join(folder, '2026-04-09'));
    for (const day of ['2026-04-08', '2026-02-10']) {
      await mkdir(join(folder, day));
      await writeFile(join(folder, day, 'a'), '');
    }
    await lookOutside(context);
    expect((await server.client.trigger('arrivals')).look?.failure).toMatch(/ELOOP/);
    expect(await kinds()).toEqual(['partitionArrived']);
    for (const _ of [1, 2, 3]) await lookOutside(context);
    expect(await kinds()).toEqual(['partitionArrived', 'partitionArrived']);
  });

  it('of many kinds a day are looked for as far back as there is room', async () => {
    const shops = (count: number): Partitions => ({
      dimensions: [
        ...DAYS.dimensions,
        { kind: 'static', name: 'shop', keys: Array.from({ length: count }, (_, index) => `s${index}`) },
      ],
    });
    const from = '2026-01-01';
    expect(expectedPartitions(shops(3_000), from, NOW)).toHaveLength(9_000);
    expect(expectedPartitions(shops(3_000), from, NOW).at(-1)?.partition).toBe('day=2026-02-02,shop=s2999');
    await add('wide', shops(10_001));
    const wide = create('arrivals', { kind: 'partitionArrived', path: '/x/{partition}' }, { pipeline: 'wide' });
    await expect(wide).rejects.toThrow('its pipeline has 10001 partitions a day, and 10000 are the most');
  });

  it('that cannot be looked for say why, and keep no other from it', async () => {
    await writeFile(join(folder, 'a'), '');
    const path = 's3://no-such-bucket-here/{day}/_SUCCESS?endpoint=http://127.0.0.1:9&pathStyle=maybe';
    await create('blind', { kind: 'partitionArrived', path }, { pipeline: 'by-day' });
    await create('seeing', { kind: 'partitionArrived', path: `${folder}/{day}` }, { pipeline: 'by-day' });
    await writeFile(join(folder, '2026-02-02'), '');
    await lookOutside(context);
    expect((await server.client.trigger('blind')).look?.failure).toMatch(/pathStyle/);
    expect((await server.client.trigger('seeing')).look).toEqual({ at: now, failure: null });
    expect(await kinds()).toEqual(['partitionArrived']);
  });
});

describe('a partition that cannot be looked for', () => {
  const late = { lateAfter: '1h', from: '2026-02-01' } as const;
  const told = async () =>
    (await server.stores.metadata.events.after(0, 10)).map((event) => ('due' in event ? [event.path, event.due] : []));
  const both = [
    [null, '2026-02-02T01:00:00.000Z'],
    [null, '2026-02-03T01:00:00.000Z'],
  ];

  it('is told as late all the same, once', async () => {
    await create('blind', { kind: 'partitionArrived', path: `${folder}/{day}/*`, ...late }, { pipeline: 'by-day' });
    for (const day of ['2026-02-01', '2026-02-02']) await symlink(day, join(folder, day));
    for (const _ of [1, 2]) await lookOutside(context);
    expect(await told()).toEqual(both);
    expect((await server.client.trigger('blind')).look?.failure).toMatch(/ELOOP/);
  });

  it('is told as late where not even its database can be named', async () => {
    await server.stores.storedSecrets.set('lake', 'postgres://ada@127.0.0.1:1/lake', 'ada');
    const asked = { query: 'SELECT count(*) FROM visits WHERE day = {day}', database: 'lake' } as const;
    await create('blind', { kind: 'partitionArrived', ...asked, ...late }, { pipeline: 'by-day' });
    await server.stores.storedSecrets.delete('lake', 'ada');
    await lookOutside(context);
    expect(await told()).toEqual(both);
    expect((await server.client.trigger('blind')).look?.failure).toMatch(/^There is no secret lake/);
  });
});

describe('a watched limit', () => {
  it('fires when a metric crosses it, and again after it has been back', async () => {
    const on = { kind: 'metricCrossed', pipeline: 'upstream', metric: 'psi', side: 'above', limit: 0.2 } as const;
    await create('drift', on);
    for (const [run, value] of [
      ['a', 0.1],
      ['b', 0.3],
      ['c', 0.4],
      ['d', 0.2],
      ['e', 0.21],
    ] as const) {
      await measure(run, value);
    }
    const fired = (await server.client.firings('drift')).items.map(({ key, outcome }) => [
      key.split(':').at(-2),
      outcome,
    ]);
    expect(fired).toEqual([
      ['e', 'started'],
      ['b', 'started'],
    ]);
    await endRun('without');
    await fireEvents(context);
    expect((await server.client.trigger('drift')).look?.failure).toBe('Run without measured no psi.');
  });

  it('of age fires once, until something new is published', async () => {
    await create('old', { kind: 'stale', pipeline: 'upstream', artifact: 'predictions', olderThan: '1h' });
    const publish = async (run: string) => {
      const { runs, tasks } = server.stores.metadata;
      await runs.create(newRun(run, { pipeline: 'upstream' }));
      const output = { artifact: 'predictions', digest: run, uri: `file:///${run}`, size: 1, metadata: {} } as const;
      await tasks.record(run, [transition('score', 1, { status: 'succeeded', output, at: now })]);
      await fireEvents(context);
    };
    const look = async () => {
      await lookOutside(context);
      await fireEvents(context);
      return (await outcomes('old')).length;
    };
    await publish('p1');
    expect(await look()).toBe(0);
    setNow(now + 3_700_000);
    expect([await look(), await look()]).toEqual([1, 1]);
    await publish('p2');
    expect(await look()).toBe(1);
    setNow(now + 3_700_000);
    expect(await look()).toBe(2);
    // Retention has taken what was told, and the publication is as old as it was.
    await endRun('later');
    await fireEvents(context);
    await server.stores.metadata.events.deleteBefore(now + 1);
    await server.stores.metadata.triggers.deleteFiringsBefore(now + 1);
    expect(await look()).toBe(0);
  });
});
