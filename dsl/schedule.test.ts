import { describe, expect, it } from 'vitest';
import type { ScheduleOptions } from './pipeline.ts';
import { compileSmall, refusalOf } from './testing/small-pipelines.ts';

type Options = ScheduleOptions<{ start: number; names?: string[] }>;
const params = { start: 1 };
const scheduleOf = (schedule: Options) => compileSmall(() => undefined, { schedule: { params, ...schedule } }).schedule;

describe('a schedule', () => {
  it('has its defaults filled in, those of the parameters excepted', () => {
    expect(scheduleOf({ cron: ' 0  3 * * * ' })).toEqual({
      name: 'small',
      spec: {
        cron: ['0 3 * * *'],
        ...{ intervals: [], calendars: [], timezone: 'UTC', start: null, end: null },
        ...{ jitterMs: 0, overlap: 'skip', catchUpMs: 3_600_000 },
      },
      params: { start: 1 },
      paused: false,
      note: null,
    });
    expect(scheduleOf({ cron: '0 3 * * *', params: {} })).toMatchObject({ params: {} });
    expect(compileSmall(() => undefined).schedule).toBeNull();
  });

  it('keeps all that it is given', () => {
    const schedule = scheduleOf({
      name: 'nightly',
      cron: ['0 3 * * *', '0 15 * * SAT'],
      interval: { every: '1h', offset: '5m' },
      calendar: { hour: '9-17/2', dayOfWeek: 'MON-FRI' },
      timezone: 'europe/berlin',
      start: '2026-01-01T00:00:00+01:00',
      end: '2027-01-01T00:00:00Z',
      jitter: '30s',
      overlap: 'cancelOther',
      catchUp: '1d',
      paused: true,
      note: 'until the data is there',
    });
    expect(schedule).toMatchObject({ name: 'nightly', paused: true, note: 'until the data is there' });
    expect(schedule?.spec).toEqual({
      cron: ['0 3 * * *', '0 15 * * SAT'],
      intervals: [{ everyMs: 3_600_000, offsetMs: 300_000 }],
      calendars: [
        { second: '0', minute: '0', hour: '9-17/2', dayOfMonth: '*', month: '*', dayOfWeek: 'MON-FRI', year: '*' },
      ],
      timezone: 'Europe/Berlin',
      ...{ start: '2025-12-31T23:00:00Z', end: '2027-01-01T00:00:00Z' },
      ...{ jitterMs: 30_000, overlap: 'cancelOther', catchUpMs: 86_400_000 },
    });
  });

  it.each<[Options, string]>([
    [{ cron: '61 * * * *' }, "'61 * * * *' is no cron line: '61' is no minute, which is 0 to 59"],
    [{ params: { start: 1 } }, "it has no times; give cron ('0 3 * * *')"],
    [{ cron: '0 3 * * *', name: 'every night' }, "'every night' is no name"],
    [{ cron: '0 3 * * *', params: { start: 'now' as unknown as number } }, 'its params do not fit: start: has to be a'],
    [{ cron: '0 3 * * *', params: { name: [] } as object }, 'did you mean names?'],
    [{ cron: '0 3 * * *', params: 3 as unknown as object }, 'params has to be an object'],
  ])('%o is refused', (schedule, message) => {
    const refused = refusalOf(() => scheduleOf(schedule));
    expect(refused.code).toBe('schedule');
    expect(refused.message).toContain("The schedule of pipeline 'small'");
    expect(refused.message).toContain(message);
  });
});
