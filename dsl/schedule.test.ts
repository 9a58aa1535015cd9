import { describe, expect, it } from 'vitest';
import type { ScheduleOptions } from './pipeline.ts';
import { scheduleOf } from './schedule.ts';
import { compileSmall, refusalOf } from './testing/small-pipelines.ts';

describe('a schedule', () => {
  it('has its defaults filled in', () => {
    expect(compileSmall(() => undefined, { schedule: { cron: ' 0  3 * * * ' } }).schedule).toEqual({
      cron: '0 3 * * *',
      timezone: 'UTC',
      overlap: 'skip',
    });
    expect(compileSmall(() => undefined).schedule).toBeNull();
  });

  it.each(['*/5 * * * *', '0 0 1,15 * *', '0 9-17 * JAN-MAR MON-FRI', '0 0 * * 7', '0 0 29 2 *'])(
    'takes %s',
    (cron) => {
      expect(scheduleOf('p', { cron }).cron).toBe(cron);
    },
  );

  it.each<[ScheduleOptions, string]>([
    ['every tuesday' as unknown as ScheduleOptions, "it has no `cron`; give `schedule: { cron: '0 3 * * *' }`"],
    [{ cron: 5 } as unknown as ScheduleOptions, 'it has no `cron`'],
    [{ cron: '61 * * * *' }, "'61 * * * *' is no cron line"],
    [{ cron: '0 0 3 * * *' }, 'give five fields'],
    [{ cron: '@daily' }, 'give five fields'],
    [{ cron: '0 0 L * *' }, 'give five fields'],
    [{ cron: '0 0 * * MON#2' }, 'give five fields'],
    [{ cron: '0 0 31 2 *' }, 'names a day that never comes'],
    [{ cron: '0 3 * * *', timezone: 'Berlin' }, "'Berlin' is no time zone; give an IANA name"],
    [{ cron: '0 3 * * *', overlap: 'queue' as 'skip' }, "overlap is 'queue'; it may be 'skip', 'bufferOne', 'allow'"],
  ])('%o is refused', (schedule, message) => {
    const refused = refusalOf(() => compileSmall(() => undefined, { schedule }));
    expect(refused.code).toBe('schedule');
    expect(refused.message).toContain("The schedule of pipeline 'small'");
    expect(refused.message).toContain(message);
  });
});
