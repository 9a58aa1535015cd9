import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldValues } from './calendar-field.ts';
import { readSchedule, type ScheduleInput } from './read-schedule.ts';
import { scheduleLines } from './schedule-text.ts';
import { momentIn } from './time-zone.ts';

describe('times and policies of a schedule', () => {
  it.each(['*/5 * * * *', '0 0 1,15 * *', '0 9-17 * JAN-MAR MON-FRI', '0 0 * * 7', '0 0 29 2 *', '0 0 31 2 MON'])(
    'take the cron line %s',
    (cron) => {
      expect(readSchedule({ cron }).cron).toEqual([cron]);
    },
  );

  it.each<[ScheduleInput, string]>([
    [{}, 'it has no times'],
    [{ cron: [] }, 'it has no times'],
    [{ cron: 5 as unknown as string }, "'5' is no cron line; give five fields"],
    [{ cron: '0 0 3 * * *' }, 'give five fields'],
    [{ cron: '@daily' }, 'give five fields'],
    [{ cron: '0 0 L * *' }, "'L' is no day of month"],
    [{ cron: '0 0 * * MON#2' }, "'MON#2' is no day of week, which is 0 to 7 or SUN to SAT"],
    [{ cron: '5/10 * * * *' }, "'5/10' is no minute"],
    [{ cron: '30-10 * * * *' }, "'30-10' is no minute"],
    [{ cron: '*/0 * * * *' }, "'*/0' is no minute"],
    [{ cron: '0 0 31 2 *' }, 'names a day that never comes'],
    [{ calendar: { dayOfMonth: '31', month: 'FEB,APR', dayOfWeek: 'MON' } }, 'names a day that never comes'],
    [{ calendar: { hours: '3' } as { hour?: string } }, "has a field 'hours', which there is not; did you mean hour?"],
    [{ calendar: { year: '1970' } }, "'1970' is no year, which is 2000 to 2100"],
    [{ interval: { every: '500ms' } }, "its interval is '500ms', and has to be whole seconds"],
    [{ interval: { every: 0 } }, 'its interval is 0'],
    [{ interval: { every: '1h', ofset: '5m' } as never }, "its interval has no 'ofset'; it has every and offset"],
    [{ interval: { every: '2 hrs' } }, "its interval: '2 hrs' is no duration"],
    [{ interval: { every: '1h', offset: '1h' } }, 'its offset is 1 h, and has to be less than the interval, 1 h'],
    [{ cron: '0 3 * * *', timezone: 'Berlin' }, "'Berlin' is no time zone; give an IANA name"],
    [{ cron: '0 3 * * *', timezone: '+02:00' }, "'+02:00' is no time zone"],
    [{ cron: '0 3 * * *', start: '2026-01-01' }, "its start is '2026-01-01', and has to be ISO 8601 with its offset"],
    [{ cron: '0 3 * * *', end: '2026-13-01T00:00:00Z' }, "its end is '2026-13-01T00:00:00Z'"],
    [
      { cron: '0 3 * * *', start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:00:00+01:00' },
      'it ends (2025-12-31T23:00:00Z) before it starts (2026-01-01T00:00:00Z)',
    ],
    [{ cron: '0 3 * * *', overlap: 'queue' as 'skip' }, "overlap is 'queue'; it may be 'skip', 'bufferOne', 'allow'"],
    [{ cron: '0 3 * * *', catchUp: '5s' }, 'has to be 10 s at least'],
  ])('%o are refused', (given, message) => {
    expect(() => readSchedule(given)).toThrow(RangeError);
    expect(() => readSchedule(given)).toThrow(message);
  });

  it('change as they are given, times as a whole', () => {
    const before = readSchedule({ cron: '0 3 * * *', timezone: 'Europe/Berlin', end: '2027-01-01T00:00:00Z' });
    expect(readSchedule({}, before)).toEqual(before);
    expect(readSchedule({ interval: { every: '1h' }, end: null }, before)).toEqual({
      ...before,
      ...{ cron: [], intervals: [{ everyMs: 3_600_000, offsetMs: 0 }], end: null },
    });
    expect(() => readSchedule({ start: '2028-01-01T00:00:00Z' }, before)).toThrow('it ends');
  });

  it('are said in words', () => {
    const given = { cron: '0 3 * * *', interval: { every: '1h', offset: '5m' }, calendar: { hour: '9' }, jitter: '1m' };
    expect(scheduleLines(readSchedule({ ...given, timezone: 'Asia/Tokyo', start: '2026-01-01T00:00:00Z' }))).toEqual([
      '0 3 * * * (Asia/Tokyo)',
      'every 1 h, 5 m after the full one',
      'second 0, minute 0, hour 9 (Asia/Tokyo)',
      'from 2026-01-01T00:00:00Z',
      'each start put off by up to 1 m',
      'a start is skipped while a run goes on',
      'starts missed while the system was down are made up for 1 h',
    ]);
  });
});

describe('a field of a cron line', () => {
  it('names the numbers that another reader of cron lines finds', () => {
    const number = fc.integer({ min: 0, max: 59 });
    const part = fc.oneof(
      number.map(String),
      fc.tuple(number, number).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      fc
        .tuple(number, number, fc.integer({ min: 1, max: 30 }))
        .map(([a, b, n]) => `${Math.min(a, b)}-${Math.max(a, b)}/${n}`),
      fc.integer({ min: 1, max: 30 }).map((n) => `*/${n}`),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
        const text = parts.join(',');
        const values = fieldValues('minute', text) ?? [];
        const found = new Cron(`${text} 0 1 1 *`, { timezone: 'UTC' }).nextRuns(values.length, new Date('2029-12-31'));
        expect(found.map((at) => at.getUTCMinutes())).toEqual(values);
      }),
      { numRuns: 100 },
    );
  });

  it('takes names, and seven for Sunday', () => {
    expect(fieldValues('month', 'jan-MAR')).toEqual([1, 2, 3]);
    expect(fieldValues('dayOfWeek', 'FRI-7')).toEqual([5, 6, 7]);
  });
});

describe('a moment in a zone', () => {
  it.each([
    ['Europe/Berlin', '2027-03-27T01:30:00Z', '2027-03-27 02:30:00 +01:00'],
    ['Europe/Berlin', '2027-03-29T00:30:00Z', '2027-03-29 02:30:00 +02:00'],
    ['Asia/Kolkata', '2027-01-01T00:00:00Z', '2027-01-01 05:30:00 +05:30'],
    ['UTC', '2027-01-01T00:00:00Z', '2027-01-01 00:00:00 +00:00'],
  ])('%s at %s is %s', (zone, at, text) => {
    expect(momentIn(zone, Date.parse(at))).toBe(text);
  });
});
