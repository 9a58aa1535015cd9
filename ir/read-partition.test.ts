import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastEnded, listPartitions, readPartitions } from './list-partitions.ts';
import { partitionRange, partitionValue } from './partition-key.ts';
import { type Partitions, PERIODS, type TimeDimension } from './partitions.ts';
import { periodKey, periodNumber, periodStart } from './period.ts';
import { rangeOf, readPartition } from './read-partition.ts';

const NOW = Date.parse('2001-03-15T12:00:00Z');

function time(changes: Partial<TimeDimension> = {}): TimeDimension {
  return { kind: 'time', name: 'day', period: 'day', start: '2001-01-01', end: null, timezone: 'UTC', ...changes };
}
const days: Partitions = { dimensions: [time()] };
const both: Partitions = { dimensions: [time(), { kind: 'static', name: 'region', keys: ['eu', 'us'] }] };

describe('a key', () => {
  it('is in one form, whatever the order in which it is given', () => {
    expect(readPartition(days, '2001-01-31')).toBe('2001-01-31');
    expect(readPartition(both, 'region=eu,day=2001-01-31')).toBe('day=2001-01-31,region=eu');
    expect(readPartitions(both, ['region=eu,day=2001-01-31', 'day=2001-01-31,region=eu'])).toHaveLength(1);
  });

  it.each([
    ['2001-02-30', "'2001-02-30' is no day, which is written as 2001-01-31"],
    ['2001-1-1', 'is no day'],
    ['2001-W01', 'is no day'],
    ['2000-12-31', '2000-12-31 comes before its first day, 2001-01-01'],
    ['2001-01-01\n', 'is no day'],
    ['2001-01-01/..', 'is no day'],
    ['', 'is no day'],
  ])('%j is refused', (key, message) => {
    expect(() => readPartition(days, key)).toThrow(message);
  });

  it.each([
    ['2001-01-31', 'is no key, which is day=…,region=…'],
    ['day=2001-01-31', 'is no key'],
    ['day=2001-01-31,day=2001-02-01', 'is no key'],
    ['day=2001-01-31,region=eu=us', 'is no key'],
    ['day=2001-01-31,zone=eu', 'is no key'],
    ['day=2001-01-31,region=ue', "'ue' is no region of its; did you mean"],
  ])('of two dimensions %j is refused', (key, message) => {
    expect(() => readPartition(both, key)).toThrow(message);
  });

  it('tells a step its parts and its time', () => {
    expect(partitionValue('day=2001-01-31,region=eu', 'region')).toBe('eu');
    expect(() => partitionValue('2001-01-31', 'region')).toThrow("has no dimension 'region'");
    expect(partitionRange('2001-W01')).toEqual({ start: '2001-01-01T00:00:00Z', end: '2001-01-08T00:00:00Z' });
    expect(() => partitionRange('eu')).toThrow("'eu' is no time");
    expect(() => partitionRange('2001-01', 'Berlin')).toThrow('is no time zone');
  });
});

describe('the range of a partition', () => {
  it.each<[TimeDimension['period'], string, string, string, string]>([
    ['day', '2001-01-31', 'UTC', '2001-01-31T00:00:00Z', '2001-02-01T00:00:00Z'],
    ['day', '2001-03-25', 'Europe/Berlin', '2001-03-24T23:00:00Z', '2001-03-25T22:00:00Z'],
    ['day', '2001-10-28', 'Europe/Berlin', '2001-10-27T22:00:00Z', '2001-10-28T23:00:00Z'],
    // Midnight is left out there that night, and the day begins at one.
    ['day', '2001-10-14', 'America/Sao_Paulo', '2001-10-14T03:00:00Z', '2001-10-15T02:00:00Z'],
    ['week', '2020-W53', 'UTC', '2020-12-28T00:00:00Z', '2021-01-04T00:00:00Z'],
    ['week', '2001-W01', 'UTC', '2001-01-01T00:00:00Z', '2001-01-08T00:00:00Z'],
    ['month', '2001-12', 'America/New_York', '2001-12-01T05:00:00Z', '2002-01-01T05:00:00Z'],
    ['hour', '2001-01-31T23', 'UTC', '2001-01-31T23:00:00Z', '2001-02-01T00:00:00Z'],
  ])('of the %s %s in %s', (period, key, timezone, start, end) => {
    const dimension = time({ period, timezone, start: key });
    expect(rangeOf({ dimensions: [dimension] }, key)).toEqual({ start, end });
    expect(partitionRange(key, timezone)).toEqual({ start, end });
  });

  it('begins where the one before ends, in any zone', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Pacific/Apia', 'Asia/Kolkata', 'Africa/Cairo'];
    const cases = fc.tuple(
      fc.constantFrom(...PERIODS),
      fc.constantFrom(...zones),
      fc.integer({ min: 1_900, max: 2_100 }),
      fc.nat(8_000),
    );
    fc.assert(
      fc.property(cases, ([period, timezone, year, plus]) => {
        const first = { hour: `${year}-01-01T00`, day: `${year}-01-01`, week: `${year}-W01`, month: `${year}-01` }[
          period
        ];
        const number = (periodNumber(period, first) ?? Number.NaN) + plus;
        expect(periodNumber(period, periodKey(period, number))).toBe(number);
        const [start, end] = [number, number + 1].map((each) => periodStart(period, each, timezone));
        expect(end).toBeGreaterThanOrEqual(start ?? Number.NaN);
      }),
    );
  });

  it('is none where no dimension is of time', () => {
    expect(rangeOf({ dimensions: [{ kind: 'static', name: 'key', keys: ['eu'] }] }, 'eu')).toBeNull();
  });
});

describe('partitions', () => {
  it('are listed in order, up to what has ended', () => {
    expect(listPartitions(days, {}, NOW).slice(-2)).toEqual(['2001-03-13', '2001-03-14']);
    expect(listPartitions(days, { from: '2001-01-30', to: '2001-02-01' }, NOW)).toEqual([
      ...['2001-01-30', '2001-01-31', '2001-02-01'],
    ]);
    expect(listPartitions({ dimensions: [time({ start: '2002-01-01' })] }, {}, NOW)).toEqual([]);
    const lastOf = (end: string, choice = {}) => listPartitions({ dimensions: [time({ end })] }, choice, NOW).at(-1);
    expect([lastOf('2001-02-03'), lastOf('2001-12-31')]).toEqual(['2001-02-03', '2001-03-14']);
    expect(lastOf('2001-12-31', { future: true })).toBe('2001-12-31');
    expect(lastOf('2001-12-31', { to: '2001-06-30' })).toBe('2001-06-30');
    expect(listPartitions(days, { future: true }, NOW).at(-1)).toBe('2001-03-14');
    expect(listPartitions(both, { from: '2001-01-01', to: '2001-01-01' }, NOW)).toEqual([
      'day=2001-01-01,region=eu',
      'day=2001-01-01,region=us',
    ]);
    const chosen = { to: '2001-01-02', dimensions: { region: ['us'] } };
    expect(listPartitions(both, chosen, NOW)).toEqual(['day=2001-01-01,region=us', 'day=2001-01-02,region=us']);
  });

  it.each([
    [{ from: '2001-02-02', to: '2001-02-01' }, 'it would go from 2001-02-02 to 2001-02-01'],
    [{ dimensions: { regoin: ['eu'] } }, 'it has no dimension regoin; did you mean region?'],
    [{ dimensions: { region: ['mars'] } }, "'mars' is no region of its; it is one of eu, us"],
    [{ to: '2040-01-01' }, '10000 are the most at one go'],
  ])('%j are refused', (choice, message) => {
    expect(() => listPartitions(both, choice, NOW)).toThrow(message);
  });

  it('of a schedule are those that ended last', () => {
    const berlin = time({ timezone: 'Europe/Berlin', end: '2001-06-30' });
    expect(lastEnded(berlin, Date.parse('2001-01-31T22:59:59Z'))).toBe('2001-01-30');
    expect(lastEnded(berlin, Date.parse('2001-01-31T23:00:00Z'))).toBe('2001-01-31');
    expect(() => lastEnded(berlin, Date.parse('2001-01-01T12:00:00Z'))).toThrow('comes before its first day');
    expect(() => lastEnded(berlin, Date.parse('2001-08-01T12:00:00Z'))).toThrow('comes after its last day');
    expect(lastEnded(time({ period: 'week', start: '2001-W01' }), Date.parse('2001-01-15T00:00:00Z'))).toBe('2001-W02');
    expect(lastEnded(time({ period: 'month', start: '2001-01' }), NOW)).toBe('2001-02');
  });
});
