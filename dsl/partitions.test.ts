import { describe, expect, it } from 'vitest';
import { daily, hourly, monthly, type PartitionOptions, statically, weekly } from './partitions.ts';
import { compileSmall, refusalOf } from './testing/small-pipelines.ts';

const partitionsOf = (partitions: PartitionOptions) => compileSmall(() => undefined, { partitions }).partitions;

describe('partitions', () => {
  it('are kept, a single dimension under the name of its period', () => {
    const day = { kind: 'time', name: 'day', period: 'day', start: '2001-01-01', end: null, timezone: 'Europe/Berlin' };
    expect(partitionsOf(daily({ start: '2001-01-01', timezone: 'europe/berlin' }))).toEqual({ dimensions: [day] });
    expect(compileSmall(() => undefined).partitions).toBeNull();
    expect(partitionsOf(hourly({ start: '2001-01-01T00' }))?.dimensions[0]).toMatchObject({ name: 'hour' });
    const several = partitionsOf({
      month: monthly({ start: '2001-01', end: '2001-06' }),
      region: statically(['eu', 'us']),
    });
    expect(several?.dimensions).toMatchObject([
      { name: 'month', end: '2001-06' },
      { name: 'region', keys: ['eu', 'us'] },
    ]);
  });

  it.each<[PartitionOptions, string]>([
    [daily({ start: '2001-02-30' }), "day: its start is '2001-02-30', which is no day; it is written as 2001-01-31"],
    [weekly({ start: '2001-W54' }), "is '2001-W54', which is no week"],
    [daily({ start: '2001-02-01', end: '2001-01-01' }), 'day ends (2001-01-01) before it starts (2001-02-01)'],
    [daily({ start: '2001-01-01', timezone: 'Berlin' }), "'Berlin' is no time zone"],
    [statically([]), 'key has no keys'],
    [statically(['eu', 'eu']), "has the key 'eu' twice"],
    [statically(['a,b']), "'a,b' is no key: letters and digits"],
    [statically(['../x']), 'is no key'],
    [statically(['a--b']), 'is no key'],
    [statically(['x'.repeat(61)]), 'is no key'],
    [{}, 'there is none'],
    [{ 'a b': statically(['x']) }, "'a b' is no name"],
    [
      { day: daily({ start: '2001-01-01' }), week: weekly({ start: '2001-W01' }) },
      'day and week are of time, and one at most can be',
    ],
  ])('%j are refused', (partitions, message) => {
    const refused = refusalOf(() => partitionsOf(partitions));
    expect(refused.code).toBe('partitions');
    expect(refused.message).toContain("The partitions of pipeline 'small'");
    expect(refused.message).toContain(message);
  });

  it('that a schedule cannot tell apart are refused with it', () => {
    const schedule = { cron: '0 3 * * *', params: { start: 1 } };
    const refused = refusalOf(() => compileSmall(() => undefined, { schedule, partitions: statically(['eu']) }));
    expect(refused).toMatchObject({ code: 'schedule', message: expect.stringContaining('start them by backfills') });
    expect(
      compileSmall(() => undefined, { schedule, partitions: daily({ start: '2001-01-01' }) }).schedule,
    ).not.toBeNull();
  });
});
