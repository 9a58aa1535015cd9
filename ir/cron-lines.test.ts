import { expect, it } from 'vitest';
import { cronLines } from './cron-lines.ts';
import { readSchedule } from './read-schedule.ts';

it.each([
  ['0 3 * * *', ['0 3 * * *']],
  ['0 3 1 * *', ['0 3 1 * *']],
  ['0 3 * * MON', ['0 3 * * MON']],
  ['0 3 */2 * MON', ['0 3 */2 * MON']],
  ['0 3 13 JAN FRI', ['0 3 13 JAN *', '0 3 * JAN FRI']],
])('%s is told to Temporal as %j', (cron, lines) => {
  expect(cronLines(readSchedule({ cron }))).toEqual(lines);
});

it('tells a calendar with its seconds and years', () => {
  const calendar = { second: '30', hour: '9-17', dayOfWeek: 'MON-FRI', year: '2028,2030' };
  expect(cronLines(readSchedule({ calendar }))).toEqual(['30 0 9-17 * * MON-FRI 2028,2030']);
});
